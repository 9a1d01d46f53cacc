import { styleText } from 'node:util'

import { createTwoFilesPatch } from 'diff'

import type { Change } from './project.ts'

/** Changes as a unified diff, as `git apply` takes it. */
export function toDiff(changes: readonly Change[], colors: boolean): string {
  const patches = changes.map(({ path, before, after }) =>
    createTwoFilesPatch(before === undefined ? '/dev/null' : `a/${path}`, `b/${path}`, before ?? '', after, '', '', {
      headerOptions: { includeIndex: false, includeUnderline: false, includeFileHeaders: true },
    }),
  )
  const text = patches.join('')
  return colors ? text.split('\n').map(colored).join('\n') : text
}

function colored(line: string): string {
  const color = line.startsWith('+')
    ? 'green'
    : line.startsWith('-')
      ? 'red'
      : line.startsWith('@@')
        ? 'cyan'
        : undefined
  return color === undefined ? line : styleText(color, line, { validateStream: false })
}

/** One line for each file. */
export function toSummary(changes: readonly Change[]): string {
  return changes.map(({ path, before }) => `${before === undefined ? 'new     ' : 'changed '} ${path}\n`).join('')
}

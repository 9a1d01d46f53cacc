import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { checkTypes } from '../type-projects.ts'
import { root } from '../workspaces.ts'
import type { ExportReader } from './public-exports.ts'

/** An `@example` of a comment in a source. `line` is that of its first line of code. */
export interface Example {
  readonly path: string
  readonly line: number
  readonly code: string
}

/** Below node_modules, so that examples resolve packages as a user's files do and nothing tracks them. */
const folder = join(root, 'node_modules/.cache/holon-examples')

/** The examples in the comments of a source, with or without a fence around them. */
export function examplesOf(path: string, source: string): readonly Example[] {
  return [...source.matchAll(/\/\*\*[^]*?\*\//g)].flatMap((comment) => {
    const first = source.slice(0, comment.index).split('\n').length
    const lines = comment[0].split('\n').map((line) => line.replace(/\s*\*\/$/, '').replace(/^\s*\/?\*+ ?/, ''))
    return lines.flatMap((line, at) => (line.trim() === '@example' ? [exampleAt(path, lines, { first, at })] : []))
  })
}

function exampleAt(path: string, lines: readonly string[], { first, at }: { first: number; at: number }): Example {
  const rest = lines.slice(at + 1)
  const fenced = rest[0]?.startsWith('```') === true
  const end = rest.findIndex((line, index) => (fenced ? index > 0 && line === '```' : line.startsWith('@')))
  const code = rest.slice(fenced ? 1 : 0, end === -1 ? undefined : end)
  return { path, line: first + at + (fenced ? 2 : 1), code: code.join('\n') }
}

/**
 * Type-checks examples. What an example neither declares nor imports comes from where a reader would know it: the exports of
 * holon, zod's `z`, and the contracts and values of `world.ts`, of which examples speak without declaring them.
 */
export async function exampleProblems(
  examples: readonly Example[],
  exportsOf: ExportReader,
): Promise<readonly string[]> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(root, 'scripts/tsdoc/world.ts'), join(folder, 'world.ts'))
  writeFileSync(join(folder, 'holon.config.ts'), "export { app as default } from './world.ts'\n")
  const known = knownNames(exportsOf)
  for (const [index, example] of examples.entries())
    writeFileSync(join(folder, `example-${index}.ts`), moduleOf(example.code, known))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  const { problems } = await checkTypes(join(folder, 'tsconfig.json'))
  return problems.map((problem) => locate(problem, examples))
}

const tsconfig = {
  extends: join(root, 'tsconfig.base.json'),
  compilerOptions: { types: ['node'], noUnusedLocals: false, noUnusedParameters: false, allowUnreachableCode: true },
  include: ['**/*'],
}

/** Every name that an example may use without saying where it is from: what would import it. */
function knownNames(exportsOf: ExportReader): ReadonlyMap<string, string> {
  const names = new Map([['z', "import { z } from 'zod'"]])
  const entries = [
    ['holon/client/light', 'packages/holon/src/client-light.ts'],
    ['holon/client', 'packages/holon/src/client.ts'],
    ['holon', 'packages/holon/src/index.ts'],
    ['holon/host', 'packages/holon/src/host.ts'],
    ['holon/postgres', 'packages/holon/src/postgres.ts'],
    ['holon/testing', 'packages/holon/src/testing.ts'],
    ['./world.ts', 'scripts/tsdoc/world.ts'],
  ] as const
  for (const [specifier, path] of entries)
    for (const { name, isType } of exportsOf(join(root, path)))
      names.set(name, `import ${isType ? 'type ' : ''}{ ${name} } from '${specifier}'`)
  return names
}

/** One line before the example's own brings whatever it needs. */
function moduleOf(code: string, known: ReadonlyMap<string, string>): string {
  const own = ownNames(code)
  const used = new Set(code.match(/\b[A-Za-z_]\w*\b/g))
  const head = [...used].flatMap((name) => (own.has(name) ? [] : (known.get(name) ?? []))).join('; ')
  // Statements of a handler, with `yield`, `await` and `return`, stand in one.
  return /^(import|export) /m.test(code)
    ? `${head}\n${code}\nexport {}\n`
    : `${head}; export async function* example(): AsyncGenerator<unknown, unknown> {\n${code}\nreturn undefined }\n`
}

/** What an example declares or imports itself. */
function ownNames(code: string): ReadonlySet<string> {
  const declared = [...code.matchAll(/\b(?:const|function\*?) (\w+)/g)].map(([, name = '']) => name)
  const imported = [...code.matchAll(/^import (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = '']) => list.split(','))
  const defaults = [...code.matchAll(/^import (\w+) from/gm)].map(([, name = '']) => name)
  return new Set([...declared, ...defaults, ...imported.map((name) => name.replace('type ', '').trim())])
}

/** tsc's place in the written file → the place in the source. */
function locate(problem: string, examples: readonly Example[]): string {
  const [, index, line, text] = /holon-examples\/example-(\d+)\.ts\((\d+),\d+\): (.*)$/.exec(problem) ?? []
  const example = examples[Number(index)]
  return example === undefined ? problem : `${example.path}:${example.line + Number(line) - 2} ${text}`
}

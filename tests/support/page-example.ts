import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { parsePage, type Snippet } from '../../scripts/markdown.ts'

export const repository: string = fileURLToPath(new URL('../..', import.meta.url))

/** A file that a page says to write, by its path from the folder in which the page is followed. */
export interface PageFile {
  readonly path: string
  readonly code: string
}

/** A command that a page says to run, and what it prints. `line`: where it stands in the page. */
export interface PageCommand {
  readonly command: string
  readonly expected: string
  readonly line: number
}

/** What a page says to do: write a file, run a command to its end, or start one and leave it running. */
export type PageStep =
  | (PageFile & { readonly kind: 'file' })
  | (PageCommand & { readonly kind: 'command' })
  | (PageCommand & { readonly kind: 'start' })

/**
 * The steps of a page, in its order. A snippet whose first line is a comment with a path is that file (in JSON, which has no
 * comments, and in SQL the fence says it: `json package.json`). Of a `console` snippet each line that begins with `$ ` is a
 * command, and what follows it is what it prints; those of `console runs` go on running. Snippets marked `ignore` and all others are there to be read.
 */
export function stepsOf(page: string): readonly PageStep[] {
  return parsePage(readFileSync(join(repository, page), 'utf8')).snippets.flatMap(stepsOfSnippet)
}

function stepsOfSnippet(snippet: Snippet): readonly PageStep[] {
  const { info, code } = snippet
  if (info === 'console') return commandsOf(snippet, 'command')
  if (info === 'console runs') return commandsOf(snippet, 'start')
  const path = /^\w+ ([\w./-]+)$/.exec(info)?.[1] ?? /^(?:\/\/|#|--) ([\w./-]*\.\w+|Dockerfile)\n/.exec(code)?.[1]
  return path === undefined || info.includes('ignore') ? [] : [{ kind: 'file', path, code: `${code}\n` }]
}

function commandsOf({ code, line }: Snippet, kind: 'command' | 'start'): readonly PageStep[] {
  const steps: { kind: 'command' | 'start'; command: string; expected: string; line: number }[] = []
  for (const [index, text] of code.split('\n').entries()) {
    const last = steps.at(-1)
    if (text.startsWith('$ ')) steps.push({ kind, command: text.slice(2), expected: '', line: line + index })
    else if (last?.command.endsWith('\\') === true && last.expected === '') last.command += `\n${text}`
    else if (last) last.expected += `${text}\n`
  }
  return steps
}

/** A folder in which a page is followed, as a user's project that has installed its packages. */
export interface PageFolder extends Disposable {
  readonly path: string
  write(file: PageFile): void
  /** What the command prints, to both of its outputs. */
  run(command: string, environment?: Readonly<Record<string, string>>): Promise<string>
}

export function createPageFolder(): PageFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'holon-page-')))
  symlinkSync(join(repository, 'node_modules'), join(path, 'node_modules'))
  writeFileSync(join(path, 'package.json'), '{ "type": "module" }\n')
  return {
    path,
    write: (file) => writeFile(path, file),
    run: (command, environment = {}) => runCommand(command, path, environment),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

export function writeFile(folder: string, { path, code }: PageFile): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), code)
}

/** Commands are the user's: nothing of what a test runner leaves in the environment, and the packages' own programs. */
export function runCommand(
  command: string,
  cwd: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const { PATH = '', HOME } = process.env
  const env = { PATH: `${join(repository, 'node_modules/.bin')}:${PATH}`, HOME, NO_COLOR: '1', ...environment }
  // `npx holon` is the same program, which is told so, and a second later.
  const script = command.replaceAll(/\bnpx (?=holon\b)/g, 'npm_config_user_agent=npm/11.0.0 ')
  return new Promise((resolve) => {
    // Below a program, bash takes its input for that of a remote shell and would read this machine's .bashrc.
    execFile('bash', ['--norc', '-c', script], { cwd, env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve(`${stdout}${stderr}${error?.killed === true ? '\n(it did not end within 60 s)' : ''}`)
    })
  })
}

/**
 * What a command printed, as its page shows it where that agrees: in `expected`, `…` is any text of one line, or any lines where it
 * is alone, and two spaces or more are any number of them.
 */
export function asShown(printed: string, expected: string): string {
  const escaped = expected.trimEnd().replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
  const pattern = escaped.replaceAll(/^…$/gm, '[^]*').replaceAll('…', '.*').replaceAll(/ {2,}/g, ' +')
  return new RegExp(`^${pattern}$`).test(printed.trimEnd()) ? expected : printed
}

import { readFileSync } from 'node:fs'

/** One line of scripts/exceptions.json: a rule that one file (or package) may break, and why. */
export interface Exception {
  readonly rule: string
  readonly file: string
  readonly reason: string
}

/** Rules that are enforced by a script of ours; every other rule in exceptions.json is one of oxlint's. */
export const scriptRules: readonly string[] = [
  'boundary',
  'unused-dependency',
  'new-date',
  'docs-path',
  'unchecked-types',
]

const file = new URL('./exceptions.json', import.meta.url)

export function readExceptions(): readonly Exception[] {
  return JSON.parse(readFileSync(file, 'utf8')) as readonly Exception[]
}

/** Empty when HOLON_LINT_EXCEPTIONS=none, which is how check-exceptions finds the ones that nothing needs any more. */
export function lintExceptions(): readonly Exception[] {
  if (process.env['HOLON_LINT_EXCEPTIONS'] === 'none') return []
  return readExceptions().filter(({ rule }) => !scriptRules.includes(rule))
}

/** A line that names a folder holds for all in it. */
export function isExcepted(rule: string, path: string): boolean {
  return readExceptions().some(
    ({ rule: name, file }) => name === rule && (file === path || path.startsWith(`${file}/`)),
  )
}

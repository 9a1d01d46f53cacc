import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

import type { SuiteName, SuiteResult } from './result.ts'

const folder = join(import.meta.dirname, '../results')
/** Quick and partial runs: kept on this machine, not in the repository. */
const quickFolder = join(folder, 'quick')

/** Writes a result to `file`, or to where results of its kind belong. @returns the path, from here. */
export function storeResult(
  result: SuiteResult,
  { file, complete }: { readonly file: string | undefined; readonly complete: boolean },
): string {
  const stamp = result.startedAt.slice(0, 19).replaceAll(':', '')
  const path = file ?? join(complete ? folder : quickFolder, `${stamp}-${result.suite}.json`)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, toText(result))
  return relative(process.cwd(), path)
}

/** JSON with one line for each measurement, so that a difference between two runs can be read. */
function toText(result: SuiteResult): string {
  const lines = (items: readonly object[]): string =>
    `[\n${items.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`
  const fields = Object.entries(result).map(([name, value]: [string, unknown]) => {
    const isList = Array.isArray(value) && value.some((item) => typeof item === 'object')
    return `  ${JSON.stringify(name)}: ${isList ? lines(value as readonly object[]) : JSON.stringify(value)}`
  })
  return `{\n${fields.join(',\n')}\n}\n`
}

/** The results of a suite in a folder, newest first. */
function listIn(base: string, suite: SuiteName): readonly SuiteResult[] {
  const names = listJson(base).filter((name) => name.endsWith(`-${suite}.json`))
  return names
    .toSorted()
    .toReversed()
    .map((name) => JSON.parse(readFileSync(join(base, name), 'utf8')) as SuiteResult)
}

function listJson(base: string): readonly string[] {
  try {
    return readdirSync(base)
  } catch {
    return [] // No run was stored here yet.
  }
}

/** The last complete result of a suite. */
export function completeResult(suite: SuiteName): SuiteResult | undefined {
  return listIn(folder, suite)[0]
}

/** What a new result can be compared with: those of the same kind, newest first, and then the complete ones. */
export function earlierResults(suite: SuiteName, quick: boolean): readonly SuiteResult[] {
  const own = listIn(quickFolder, suite).filter((result) => result.quick === quick)
  return quick ? [...own, ...listIn(folder, suite)] : [...listIn(folder, suite), ...own]
}

import { writeFileSync } from 'node:fs'

import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/** Of a message: a command that failed tells in its first lines only that it did. */
const mostCharacters = 800

/** The outcome of a run of Vitest, as `npm test` prints it. */
export interface TestSummary {
  readonly passed: number
  /** Failed tests, plus every file that failed as a whole and every error that no test caught: where, and why, in one line. */
  readonly failures: readonly string[]
  readonly skipped: readonly string[]
  /** How long each file took, the longest first. */
  readonly files: readonly { readonly file: string; readonly ms: number }[]
}

/** Vitest reporter: writes a {@link TestSummary} to the file that HOLON_TEST_SUMMARY names. */
export default class TestSummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const file = process.env['HOLON_TEST_SUMMARY']
    if (file === undefined) return
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const named = (test: (typeof tests)[number]): string => `${test.module.relativeModuleId} > ${test.fullName}`
    const summary: TestSummary = {
      passed: tests.filter((test) => test.result().state === 'passed').length,
      failures: [
        ...tests
          .filter((test) => test.result().state === 'failed')
          .map((test) => told(named(test), test.result().errors?.[0])),
        ...modules.flatMap(brokenParts),
        ...unhandledErrors.map((error) => told('an error that no test caught', error)),
      ],
      // Also what never ran ("pending"), because a run that was cut short must not look complete.
      skipped: tests.filter((test) => !['passed', 'failed'].includes(test.result().state)).map(named),
      files: modules
        .map((module) => ({ file: module.relativeModuleId, ms: Math.round(module.diagnostic().duration) }))
        .toSorted((a, b) => b.ms - a.ms),
    }
    writeFileSync(file, JSON.stringify(summary))
  }
}

/** Errors outside any test: a file that does not load, a failing beforeAll. */
function brokenParts(module: TestModule): readonly string[] {
  const file = module.relativeModuleId
  return [
    ...module.errors().map((error) => told(file, error)),
    ...[...module.children.allSuites()].flatMap((suite) =>
      suite.errors().map((error) => told(`${file} > ${suite.fullName}`, error)),
    ),
  ]
}

function told(where: string, error: { readonly message: string } | undefined): string {
  const lines = (error?.message ?? '').split('\n').map((line) => line.trim())
  const why = lines.filter((line) => line !== '').join(' | ')
  return `${where}: ${why.length > mostCharacters ? `${why.slice(0, mostCharacters)} …` : why}`
}

import { writeFileSync } from 'node:fs'

import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/** The outcome of a run of Vitest, as `npm test` prints it. */
export interface TestSummary {
  readonly passed: number
  /** Failed tests, plus every file that failed as a whole and every error that no test caught. */
  readonly failed: number
  readonly skipped: readonly string[]
}

/** Vitest reporter: writes a {@link TestSummary} to the file that HOLON_TEST_SUMMARY names. */
export default class TestSummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const file = process.env['HOLON_TEST_SUMMARY']
    if (file === undefined) return
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const summary: TestSummary = {
      passed: tests.filter((test) => test.result().state === 'passed').length,
      failed:
        tests.filter((test) => test.result().state === 'failed').length +
        modules.map(brokenParts).reduce((sum, count) => sum + count, 0) +
        unhandledErrors.length,
      // Also what never ran ("pending"), because a run that was cut short must not look complete.
      skipped: tests
        .filter((test) => !['passed', 'failed'].includes(test.result().state))
        .map((test) => `${test.module.relativeModuleId} > ${test.fullName}`),
    }
    writeFileSync(file, JSON.stringify(summary))
  }
}

/** Errors outside any test: a file that does not load, a failing beforeAll. */
function brokenParts(module: TestModule): number {
  const suites = [...module.children.allSuites()]
  return module.errors().length + suites.reduce((sum, suite) => sum + suite.errors().length, 0)
}

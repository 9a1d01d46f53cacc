// `npm test`: what this machine can run within minutes. `npm run test:long`: the rest, which is killed again and again, or
// installed by one package manager after the other. The last line is always `N passed, N failed, N skipped`.
// Arguments go to Vitest (`npm test -- --project unit`). HOLON_TEST_NO_SKIPS=1 makes a skip a failure (CI does so);
// HOLON_TEST_INSTALL=0 forbids installing what is missing, which otherwise happens as root on Debian.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { lookups, requires, type RequirementName } from '../tests/support/requirements.ts'
import { canInstall, install } from './install.ts'
import type { TestSummary } from './test-summary.ts'
import { root } from './workspaces.ts'

function provideRequirements(): void {
  if (process.env['HOLON_TEST_INSTALL'] === '0') return
  const missing = (Object.keys(lookups) as RequirementName[]).filter((name) => {
    // Whoever names an executable means that one; installing another would not help.
    const named = (process.env[lookups[name].variable] ?? '') !== ''
    return !named && requires(name).path === undefined && canInstall(name)
  })
  if (missing.length === 0) return
  console.log(`installing what is missing: ${missing.join(', ')} (HOLON_TEST_INSTALL=0 forbids this)`)
  const failed = install(missing)
  if (failed.length > 0) console.error(`could not install ${failed.join(', ')}; the tests that need it are skipped`)
}

function runVitest(summaryFile: string): TestSummary {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=./scripts/test-summary.ts']
  const { status } = spawnSync(process.execPath, [vitest, 'run', ...reporters, ...chosen()], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, HOLON_TEST_SUMMARY: summaryFile },
  })
  const summary = readSummary(summaryFile)
  if (status === 0 || summary.failures.length > 0) return summary
  // Vitest can fail where no test did (a global set-up, a worker that died): that is a failure too, and is counted.
  return { ...summary, failures: ['Vitest failed, though no test did: see above'] }
}

/** The projects of `npm run test:long`. */
const long = ['chaos', 'brokers', 'placements', 'journeys', 'managers']

function chosen(): readonly string[] {
  const args = process.argv.slice(2)
  if (args.includes('--long'))
    return [...long.map((name) => `--project=${name}`), ...args.filter((arg) => arg !== '--long')]
  // Who names a project or a file means that one.
  const isNamed = args.some((arg) => arg.startsWith('--project') || !arg.startsWith('-'))
  return isNamed ? args : [...long.map((name) => `--project=!${name}`), ...args]
}

function readSummary(file: string): TestSummary {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TestSummary
  } catch (error) {
    return { passed: 0, failures: [`Vitest left no report: ${String(error)}`], skipped: [], files: [] }
  }
}

function printSkipped(skipped: readonly string[]): void {
  if (skipped.length > 0) console.log(`\nSkipped on this machine:\n${skipped.map((name) => `  ${name}`).join('\n')}`)
}

/** What a run waits for most, so that nobody has to look for it. */
function printLongest(files: TestSummary['files']): void {
  const longest = files.filter(({ ms }) => ms >= 10_000).slice(0, 20)
  if (longest.length === 0) return
  console.log('\nThe longest files:')
  for (const { file, ms } of longest) console.log(`${(ms / 1000).toFixed(0).padStart(6)} s  ${file}`)
}

provideRequirements()
const folder = mkdtempSync(join(tmpdir(), 'holon-test-'))
try {
  const { passed, failures, skipped, files } = runVitest(join(folder, 'summary.json'))
  printLongest(files)
  printSkipped(skipped)
  for (const failure of failures) console.log(`✗ ${failure}`)
  const refused = process.env['HOLON_TEST_NO_SKIPS'] === '1' && skipped.length > 0
  if (refused) console.log('Skips are not allowed here (HOLON_TEST_NO_SKIPS=1).')
  process.exitCode = failures.length === 0 && !refused && passed > 0 ? 0 : 1
  console.log(`\n${passed} passed, ${failures.length} failed, ${skipped.length} skipped`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

// npm run bench -- <suite…>: see harness/options.ts, or --help.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { drawProfile } from './flame/draw-profile.ts'
import { help, parseOptions } from './harness/options.ts'
import { stopAll } from './harness/processes.ts'
import type { SuiteName } from './harness/result.ts'
import { earlierResults, storeResult } from './harness/stored-results.ts'
import { runSuite, type Suite } from './harness/suite.ts'
import { printComparison } from './report/comparison.ts'
import { writePage } from './report/page.ts'
import { printTables } from './report/terminal.ts'

// Loaded when wanted: a suite knows its peers, and those need not be installed to write a report.
const suites: Readonly<Record<SuiteName, () => Promise<Suite>>> = {
  rpc: async () => (await import('./rpc/suite.ts')).rpcSuite,
  gateway: async () => (await import('./gateway/suite.ts')).gatewaySuite,
  app: async () => (await import('./app/suite.ts')).appSuite,
  startup: async () => (await import('./startup/suite.ts')).startupSuite,
  shop: async () => (await import('./shop/suite.ts')).shopSuite,
  events: async () => (await import('./events/suite.ts')).eventsSuite,
}

async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(args)
  if (options === undefined) return console.log(help)
  const { settings, selection } = options
  if (options.profile !== undefined) profileInto(resolve(options.profile))
  for (const name of options.suites) {
    const suite = await suites[name]()
    if (options.list) {
      printList(suite)
      continue
    }
    const before = options.compare ? earlierResults(name, settings.quick) : []
    const result = await runSuite(suite, settings, selection)
    const complete =
      !settings.quick && options.profile === undefined && selection.variants.length + selection.cells.length === 0
    const file = storeResult(result, { file: options.out, complete })
    printTables(result)
    if (options.compare) printComparison(result, before)
    console.log(`\n${name}: stored in ${file}`)
    if (complete) console.log(`written: ${writePage().join(', ')}`)
  }
  if (options.profile !== undefined) drawAll(resolve(options.profile))
  if (options.report) console.log(`written: ${writePage().join(', ')}`)
}

/** Every Node process that is started from now on records a profile; figures are not comparable with others. */
function profileInto(folder: string): void {
  mkdirSync(folder, { recursive: true })
  process.env['BENCH_PROFILE'] = folder
  process.env['NODE_OPTIONS'] = `--import ${pathToFileURL(join(import.meta.dirname, 'flame/record.ts')).href}`
}

function drawAll(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.cpuprofile')))
    console.log(`\n${drawProfile(join(folder, name), { skipS: 1, top: 12 }).join('\n')}`)
}

function printList({ name, variants, cells }: Suite): void {
  console.log(`${name}\n  cells: ${cells.map((cell) => cell.name).join(', ')}`)
  for (const variant of variants) console.log(`  ${variant.name.padEnd(24)} ${variant.title}`)
}

// Sockets, configurations and databases of everything that is started; what is killed cannot tidy up after itself.
const scratch = mkdtempSync(join(tmpdir(), 'holon-bench-'))
process.env['TMPDIR'] = scratch
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stopAll().then(() => process.exit(130)))
}
try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof TypeError ? error.message : error)
  process.exitCode = 1
} finally {
  await stopAll()
}

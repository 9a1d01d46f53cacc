// `npm run demo`: simulated customers shop through the public API; then the books of all services are audited.
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { auditBooks, type Finding } from './audit.ts'
import { readBooks } from './books.ts'
import { type CrowdReport, sendCrowd } from './crowd.ts'
import type { ShopData } from './holon-command.ts'
import { startProgressBar } from './progress-bar.ts'
import { formatCrowd, formatFindings } from './report.ts'
import { isRunning, type ShopProcess, startShop } from './shop-process.ts'

const usage = `usage: npm run demo -- [options]

  --customers <n>     how many customers visit (200)
  --concurrency <n>   how many of them are in the shop at the same time (20)
  --seed <n>          the same seed shops the same (1)
  --url <url>         where the shop is (http://127.0.0.1:8080, or the port in PORT)
  --start             start the shop for the demo and stop it afterwards; also done where none is running
  --split             the same, with each service in its own process
  --data <folder>     where the shop keeps its data, if not in the usual place
  --settle <seconds>  how long orders may take to come to their end once the customers have left (120)

Exits with 1 when an invariant is broken or a customer could not finish.`

const { values } = parseArgs({
  options: {
    customers: { type: 'string', default: '200' },
    concurrency: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    url: { type: 'string', default: `http://127.0.0.1:${process.env['PORT'] ?? 8080}` },
    start: { type: 'boolean', default: false },
    split: { type: 'boolean', default: false },
    data: { type: 'string' },
    settle: { type: 'string', default: '120' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

async function main(signal: AbortSignal): Promise<boolean> {
  const shop = await findOrStart()
  try {
    const crowd = await sendCustomers(signal)
    console.log(`\n${formatCrowd(crowd)}\n`)
    const findings = await untilBooksAgree({ data: values.data }, wholeNumber('settle') * 1_000, signal)
    console.log(formatFindings(findings))
    return crowd.failures.length === 0 && findings.every(({ broken }) => broken.length === 0)
  } finally {
    await shop?.stop()
  }
}

async function sendCustomers(signal: AbortSignal): Promise<CrowdReport> {
  const customers = wholeNumber('customers')
  const bar = startProgressBar(customers)
  try {
    return await sendCrowd({
      url: values.url,
      customers,
      concurrency: Math.max(1, wholeNumber('concurrency')),
      seed: wholeNumber('seed'),
      signal,
      onProgress: (visits, paid) => bar.update(visits, paid),
    })
  } finally {
    bar.stop()
  }
}

/** Resolves to undefined when the shop was running already. */
async function findOrStart(): Promise<ShopProcess | undefined> {
  const { url, split, start, data } = values
  const running = await isRunning(url)
  if (running && (split || start))
    throw new Error(`A shop is running at ${url} already. Stop it, leave out --split and --start, or use another port.`)
  if (running) return undefined
  console.log(`Starting the shop at ${url}${split ? ', each service in its own process' : ''} …`)
  return startShop({ url, split, data })
}

/** What customers left behind (a process was killed under them) is brought to its end by the shop itself, in a while. */
async function untilBooksAgree(data: ShopData, settleMs: number, signal: AbortSignal): Promise<Finding[]> {
  const giveUpAt = performance.now() + settleMs
  for (;;) {
    const findings = auditBooks(await readBooks(data))
    if (findings.every(({ broken }) => broken.length === 0) || performance.now() > giveUpAt) return findings
    await pause(1_000, undefined, { signal })
  }
}

function wholeNumber(option: 'customers' | 'concurrency' | 'seed' | 'settle'): number {
  const text = values[option]
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${option} is '${text}'; it must be a whole number.\n\n${usage}`)
  return Number(text)
}

if (values.help) {
  console.log(usage)
} else {
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')))
  process.once('SIGTERM', () => interrupted.abort(new Error('terminated')))
  try {
    process.exitCode = (await main(interrupted.signal)) ? 0 : 1
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}

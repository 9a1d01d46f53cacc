// A whole app at a fixed load: what each way to write it costs.
import { versionsOf } from '../harness/machine.ts'
import { cpuUsIn, runWindow } from '../harness/messages.ts'
import { type Program, startNode, type Worker } from '../harness/processes.ts'
import type { Recorder, Settings, Suite, Variant, Window } from '../harness/suite.ts'
import type { LoadTask } from './load.ts'
import { type AppVariant, appVariants, plainVariant } from './start-app.ts'

const appCore = 0
const loadCore = 1

/** Rates that keep the core of the most expensive variant less than half busy, so that nobody queues for long. A checkout is five requests. */
const cells = [
  { name: 'home', title: 'GET /api/home, 150 requests/s (seven calls each)', ratePerS: 150, requests: 1 },
  { name: 'checkout', title: 'Checkout, 30 customers/s with 5 requests each', ratePerS: 30, requests: 5 },
] as const

async function measure(app: readonly Program[], load: Worker, task: LoadTask, offeredPerS: number): Promise<Window> {
  const groups = [app.map(({ pid }) => pid)]
  const { result, edges } = await runWindow(load, task, { groups, timeoutMs: 60_000 })
  const { calls, seconds, errors, firstError } = result
  const perS = calls / seconds
  if (calls === 0 || perS < offeredPerS * 0.9) {
    throw new Error(`${perS.toFixed(0)} requests/s of ${offeredPerS} were answered (${firstError ?? 'no error'})`)
  }
  const end = edges.end[0]
  const figures = {
    cpuMs: cpuUsIn(edges, 0) / calls / 1000,
    p50Ms: result.p50Us / 1000,
    p99Ms: result.p99Us / 1000,
    processes: end?.processes ?? 0,
    pssBytes: end?.pssBytes ?? 0,
  }
  return { figures, errors }
}

async function run(
  { start }: AppVariant,
  names: readonly string[],
  recorder: Recorder,
  settings: Settings,
): Promise<void> {
  const started: Program[] = []
  try {
    const { port } = await start({ core: appCore, started })
    const app = [...started]
    const load = startNode('app/load.ts', { core: loadCore, args: [String(port), ...names] })
    started.push(load)
    await load.next()
    for (const { name, ratePerS, requests } of cells.filter((cell) => names.includes(cell.name))) {
      const { quick, windowMs, warmUpMs } = settings
      const task: LoadTask = {
        cell: name,
        ratePerS,
        spin: !quick,
        windowMs: windowMs * 2,
        warmUpMs,
        warmUpCustomers: (quick ? 300 : 3000) / requests,
      }
      await recorder.measure(
        name,
        () => started.map(({ pid }) => pid),
        () => measure(app, load, task, ratePerS * requests),
      )
    }
  } finally {
    await Promise.all(started.toReversed().map((program) => program.stop()))
  }
}

function variantOf(variant: AppVariant, names: readonly string[]): Variant {
  const { name, title, note } = variant
  return {
    name,
    title,
    note,
    jobs: [{ cells: names, run: (recorder, settings) => run(variant, names, recorder, settings) }],
  }
}

export const appSuite: Suite = {
  name: 'app',
  method: [
    'The shop in memory: seven services (accounts, catalog, inventory, cart, orders, payments, web) and an edge, with the data of the example shop. Handlers, data and Zod schemas are the same module in every variant; only the way of a call differs. Windows are twice as long as in the other suites, and the warm-up begins with 3,000 requests (300 with --quick), four at a time and as fast as they are answered, so that what runs often is compiled.',
    'Every service validates input and output of every operation with Zod, in every variant.',
    'home: the edge calls web.home, which calls catalog five times in parallel (featured, new arrivals, categories, related, reviews) and then inventory once. checkout: a customer asks for home, a search and a product page, puts the product into the cart and orders; the order calls accounts and cart (which calls catalog), then inventory, payments, inventory, cart.',
    'The edge of Holon is its gateway, with everything that it always does; that of the others is Fastify, which passes on what it parses. Peers are written with a loop over the operations instead of thirty functions; the path of a call is that of the documentation.',
    'Open loop: requests arrive at a fixed rate, evenly spaced, the same for all: one that keeps the core of the most expensive variant less than half busy, so that ratios of latency are not ratios of queues. Latency counts from when a request was due to the last byte of its answer; each answer is checked after that. The generator writes and reads HTTP by itself over kept connections without delay (Nagle), because the client of Node takes 0.15 ms for a request, which would count as time of the server. All processes of the app share one core, the load has the other.',
    'The limit: node:http answers with what the handlers give as plain functions, in one process. What it takes is not the cost of calls: HTTP, the handlers, JSON, two processes that wake each other.',
    'CPU per request is that of all processes of the app over the window, read from /proc, divided by the answers in it.',
  ],
  notMeasured: [
    'Tokens: who acts is a part of the input, so that signatures do not hide the calls.',
    'Stores. With them the shares of a call get smaller, in every variant.',
    'Several machines, several replicas, and each variant at its own limit.',
  ],
  cells,
  variants: [
    ...appVariants.map((variant) => variantOf(variant, ['home', 'checkout'])),
    variantOf(plainVariant, ['home']),
  ],
  versions: () =>
    versionsOf([
      'zod',
      'msgpackr',
      'fastify',
      'undici',
      'moleculer',
      '@nestjs/microservices',
      '@grpc/grpc-js',
      '@grpc/proto-loader',
    ]),
}

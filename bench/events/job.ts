// One variant in one round: its processes, its windows, and whether everything was applied.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { Histogram } from '../harness/histogram.ts'
import { type Usage, usageOf } from '../harness/proc.ts'
import { type Program, startNode, type Worker } from '../harness/processes.ts'
import type { Job, Recorder, Settings, Window } from '../harness/suite.ts'
import type { AppliedSoFar, ConsumerTask } from './consumer.ts'
import type { Setup } from './order.ts'
import type { ProducerTask, Published } from './producer.ts'
import { type EventServer, checkpoint, newDatabases, query, type Servers } from './servers.ts'

export interface EventsVariant {
  readonly name: string
  readonly title: string
  readonly note?: string
  /** Names of its cells begin with this. */
  readonly group: 'transactional' | 'plain' | 'bus'
  /** `embedded`: Holon's own, in a process of the job's own. */
  readonly broker?: EventServer | 'embedded'
  /** Producer and consumer have one database, because the queue is in it. */
  readonly sharedDatabase?: true
}

/** How many publish at the same time, and how much may wait to be applied. */
export const inFlight = { transactional: 32, plain: 64, bus: 512 } as const
export const backlog = 4000
export const ratePerS = 200

const drainMs = 15_000

interface Running {
  readonly producer: Worker
  readonly consumer: Worker
  /** What it is made of, for CPU and memory. */
  readonly groups: { readonly clients: readonly number[]; readonly servers: readonly number[] }
  readonly setup: Setup
}

export function eventsJob(variant: EventsVariant, servers: () => Servers): Job {
  const cells = [`${variant.group}-flow`, `${variant.group}-rate`] as const
  return {
    cells,
    run: async (recorder, settings) => {
      const started: Program[] = []
      try {
        const running = await start(variant, servers(), started)
        await measureAll({ recorder, settings, running, variant, cells })
      } finally {
        await Promise.all(started.toReversed().map((program) => program.stop()))
      }
    },
  }
}

interface Measuring {
  readonly recorder: Recorder
  readonly settings: Settings
  readonly running: Running
  readonly variant: EventsVariant
  readonly cells: readonly [string, string]
}

async function measureAll({ recorder, settings, running, variant, cells: [flow, rate] }: Measuring): Promise<void> {
  const { clients, servers } = running.groups
  const pids = (): readonly number[] => [...clients, ...servers]
  await recorder.measure(rate, pids, () => measureRate(running, settings))
  await recorder.measure(flow, pids, () => measureFlow(running, settings, variant))
}

let jobs = 0

async function start(variant: EventsVariant, servers: Servers, started: Program[]): Promise<Running> {
  const name = `b${process.pid}x${++jobs}`
  const folder = mkdtempSync(join(tmpdir(), 'events-'))
  const serverPids: number[] = []
  let setup: Setup = { name, progress: join(folder, 'progress.sock') }
  if (variant.group === 'transactional') {
    const postgres = await servers.postgres()
    const databases = await newDatabases(postgres, { job: name, shared: variant.sharedDatabase === true })
    await checkpoint(postgres)
    serverPids.push(postgres.pid)
    setup = { ...setup, databases }
  }
  if (variant.broker === 'embedded') {
    const socket = join(folder, 'bus.sock')
    const bus = await launch('events/bus-server.ts', [socket, join(folder, 'bus.db')], started)
    serverPids.push(bus.pid)
    setup = { ...setup, broker: socket }
  } else if (variant.broker !== undefined) {
    const broker = await servers.broker(variant.broker)
    serverPids.push(...broker.pids)
    setup = { ...setup, broker: broker.url }
  }
  const args = [variant.name, JSON.stringify(setup)]
  // The subscription is there before the first event.
  const consumer = await launch('events/consumer.ts', args, started)
  const producer = await launch('events/producer.ts', args, started)
  return { producer, consumer, setup, groups: { clients: [consumer.pid, producer.pid], servers: serverPids } }
}

async function launch(module: string, args: readonly string[], started: Program[]): Promise<Worker> {
  const worker = startNode(module, { args })
  started.push(worker)
  await worker.next()
  return worker
}

const tell = (worker: Worker, task: ProducerTask | ConsumerTask): void => worker.send(task)

async function applied({ consumer }: Running, times = false): Promise<AppliedSoFar> {
  tell(consumer, { times })
  return consumer.next<AppliedSoFar>()
}

function usage({ groups }: Running): { readonly clients: Usage; readonly servers: Usage } {
  return { clients: usageOf(groups.clients), servers: usageOf(groups.servers) }
}

async function measureFlow(running: Running, settings: Settings, { group }: EventsVariant): Promise<Window> {
  const { producer } = running
  tell(producer, { kind: 'flood', inFlight: inFlight[group], backlog })
  await sleep(2 * settings.warmUpMs)
  const [begin, before] = [await applied(running), usage(running)]
  await sleep(settings.windowMs)
  const [end, after] = [await applied(running), usage(running)]
  tell(producer, { kind: 'stop' })
  const published = await producer.next<Published>()
  await drained(running, published)
  const count = end.count - begin.count
  if (count <= 0)
    throw new Error(`nothing was applied in ${settings.windowMs} ms (${published.firstError ?? 'no error'})`)
  const cpu = (which: 'clients' | 'servers'): number => (after[which].cpuUs - before[which].cpuUs) / count
  const figures = {
    eventsPerS: count / ((end.atMs - begin.atMs) / 1000),
    cpuUs: cpu('clients') + cpu('servers'),
    clientCpuUs: cpu('clients'),
    brokerCpuUs: cpu('servers'),
    clientRssBytes: after.clients.rssBytes,
  }
  return { figures, errors: published.errors }
}

async function measureRate(running: Running, settings: Settings): Promise<Window> {
  const { producer } = running
  const run = async (forMs: number): Promise<readonly [Published, ReadonlyMap<number, number>]> => {
    tell(producer, { kind: 'rate', perS: ratePerS, forMs })
    const published = await producer.next<Published>()
    await drained(running, published)
    const { appliedAt } = await applied(running, true)
    return [published, new Map(appliedAt)]
  }
  await run(settings.warmUpMs)
  const [published, appliedAt] = await run(settings.windowMs)
  const histogram = new Histogram()
  for (const [n, committedMs] of published.committedAt) {
    const appliedMs = appliedAt.get(n)
    if (appliedMs !== undefined) histogram.add(Math.max(0, appliedMs - committedMs))
  }
  if (histogram.count < published.committedAt.length) throw new Error('some events were not applied')
  const figures = { p50Ms: histogram.quantile(0.5) / 1000, p99Ms: histogram.quantile(0.99) / 1000 }
  return { figures, errors: published.errors }
}

/** Waits until everything published is applied; in the database once each, and not once more. */
async function drained(running: Running, { count, errors, firstError }: Published): Promise<void> {
  if (errors > 0) throw new Error(`${errors} publications failed: ${firstError ?? ''}`)
  const end = performance.now() + drainMs
  for (;;) {
    const { count: done } = await applied(running)
    if (done >= count) break
    if (performance.now() > end) throw new Error(`${done} of ${count} events were applied within ${drainMs} ms`)
    await sleep(10)
  }
  const { databases } = running.setup
  if (databases === undefined) return
  const counts = 'select count(*)::int as rows, count(distinct n)::int as numbers from shipments'
  const deadline = performance.now() + 2000
  for (;;) {
    const [row] = await query<{ rows: number; numbers: number }>(databases.consumer, counts)
    if (row?.rows === count && row.numbers === count) return
    if (performance.now() > deadline) throw new Error(`${count} published, applied ${JSON.stringify(row)}`)
    await sleep(20)
  }
}

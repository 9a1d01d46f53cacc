import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { SqlStore } from '@holon/data'
import { startEmbeddedPostgres } from '@holon/data/embedded-postgres'
import { postgres } from '@holon/data/postgres'
import { systemPlatform } from '@holon/runtime'
import { sql } from 'kysely'

import type { BusChoice } from '../fixtures/events-lab/bus-of.ts'
import type { LedgerDb } from '../fixtures/events-lab/ledger.ts'
import type { MirrorDb } from '../fixtures/events-lab/mirror.ts'
import type { FromLab, LabAssignment, ToLab } from '../fixtures/events-lab/run-service.ts'

const program = fileURLToPath(new URL('../fixtures/events-lab/run-service.ts', import.meta.url))
/** The machine may be busy, and the bus away for ten seconds of it. */
const readyWithinMs = 90_000

/** A bus whose server can be killed and started again with what it has stored. */
export interface LabBus {
  readonly choice: BusChoice
  /** Ends it without warning. */
  kill(): Promise<void>
  /** Resolves when it can be used. */
  start(): Promise<void>
  close(): Promise<void>
}

/** A process of the lab: the producer `ledger`, or one of the replicas `mirror-1` and `mirror-2` of the consumer. */
export interface LabProcess {
  readonly name: string
  start(): Promise<void>
  kill(): Promise<void>
  send(message: ToLab): void
  /** Resolves with what the load of a producer has met that it should not have. */
  quiet(): Promise<readonly string[]>
  /** Takes the consumer's subscription back to the start; resolves to why that failed. */
  rewind(): Promise<string | undefined>
}

/** A producer, two replicas of a consumer, each with a database of its own kind, and a bus, all in processes of their own. */
export interface EventsLab {
  readonly bus: LabBus
  readonly producer: LabProcess
  readonly consumers: readonly LabProcess[]
  /**
   * What is wrong with what the consumer has applied. Settled: nothing waits anywhere any more. After `rewinds` to the start
   * each account may have begun anew as often, and no more.
   */
  audit(rewinds?: number): Promise<Audit>
  /** The numbers of the audit alone, for little work. */
  progress(): Promise<Progress>
  close(): Promise<void>
}

export interface Progress {
  readonly published: number
  readonly applied: number
  readonly waiting: number
}

export interface Audit extends Progress {
  readonly problems: readonly string[]
}

export async function openEventsLab(openBus: () => Promise<LabBus>): Promise<EventsLab> {
  const platform = systemPlatform()
  // Whatever fails below, what was started before ends.
  await using opened = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'holon-lab-'))
  opened.defer(() => rmSync(folder, { recursive: true, force: true }))
  const server = await startEmbeddedPostgres({ directory: folder, platform, onLog: () => {}, onError: () => {} })
  opened.defer(() => server.close())
  const bus = await openBus()
  opened.defer(() => bus.close())
  const [ledgerUrl, mirrorUrl] = [await server.provision('ledger'), await server.provision('mirror')]
  const launch = (service: LabAssignment['service'], replica: string): LabProcess => {
    const database = service === 'ledger' ? ledgerUrl : mirrorUrl
    const launched = labProcess({ service, replica, database, bus: bus.choice })
    opened.defer(() => launched.kill())
    return launched
  }
  const producer = launch('ledger', 'ledger-1')
  const consumers = [launch('mirror', 'mirror-1'), launch('mirror', 'mirror-2')]
  // The subscription exists before the first event.
  for (const each of [...consumers, producer]) await each.start()
  const open = async <DB>(service: string, connection: string): Promise<SqlStore<DB>> => {
    const definition = postgres<DB>({ maxConnections: 1 })
    const store = await definition.open({ service, connection, platform, onError: () => {}, events: true })
    opened.defer(() => store.close())
    return store
  }
  const ledger = await open<LedgerDb>('ledger', ledgerUrl)
  const mirror = await open<MirrorDb>('mirror', mirrorUrl)
  const parts = opened.move()
  return {
    bus,
    producer,
    consumers,
    audit: (rewinds = 0) => audit(ledger, mirror, rewinds),
    progress: () => progress(ledger, mirror),
    close: () => parts.disposeAsync(),
  }
}

function labProcess(assignment: LabAssignment): LabProcess {
  let child: ChildProcess | undefined
  const message = async (kind: FromLab['kind']): Promise<FromLab> => {
    if (child === undefined) throw new Error(`${assignment.replica} has not been started.`)
    const exited = once(child, 'exit').then(() => Promise.reject(new Error(`${assignment.replica} has ended.`)))
    exited.catch(() => undefined)
    for (;;) {
      const signal = AbortSignal.timeout(readyWithinMs)
      const [received] = (await Promise.race([once(child, 'message', { signal }), exited])) as [FromLab]
      if (received.kind === kind) return received
    }
  }
  return {
    name: assignment.replica,
    start: async () => {
      child = fork(program, [JSON.stringify(assignment)], { execArgv: [] })
      await message('ready')
    },
    kill: async () => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
    send: (told) => void child?.send(told),
    quiet: async () => {
      child?.send({ kind: 'quiet' } satisfies ToLab)
      const answer = await message('quiet')
      return answer.kind === 'quiet' ? answer.unexpected : []
    },
    rewind: async () => {
      child?.send({ kind: 'rewind', subscription: 'mirror.ledger.moved' } satisfies ToLab)
      const answer = await message('rewound')
      return answer.kind === 'rewound' ? answer.failure : undefined
    },
  }
}

async function progress(ledger: SqlStore<LedgerDb>, mirror: SqlStore<MirrorDb>): Promise<Progress> {
  const count = sql<number>`count(*)::int`.as('n')
  const { n: published } = await ledger.selectFrom('moves').select(count).executeTakeFirstOrThrow()
  const { n: applied } = await mirror.selectFrom('applied').select(count).executeTakeFirstOrThrow()
  const { waiting } = await ledger.events.lag()
  return { published, applied, waiting }
}

/** Every committed move applied once, in order for each account; nothing that was rolled back; nothing given up. */
async function audit(ledger: SqlStore<LedgerDb>, mirror: SqlStore<MirrorDb>, rewinds: number): Promise<Audit> {
  const moves = await ledger.selectFrom('moves').select(['account', 'n', 'attempt']).execute()
  const applied = await mirror.selectFrom('applied').select(['account', 'n', 'attempt']).orderBy('position').execute()
  const { waiting } = await ledger.events.lag()
  const problems: string[] = []
  const committed = new Set(moves.map(({ account, n, attempt }) => `${account} ${n} ${attempt}`))
  const seen = new Set<string>()
  const last = new Map<string, number>()
  const begun = new Map<string, number>()
  for (const { account, n, attempt } of applied) {
    const name = `${account} ${n} ${attempt}`
    if (!committed.has(name)) problems.push(`${name} was applied, but not committed`)
    if (seen.has(name) && rewinds === 0) problems.push(`${name} was applied twice`)
    const expected = (last.get(account) ?? 0) + 1
    if (n === 1) begun.set(account, (begun.get(account) ?? 0) + 1)
    if (n !== expected && (n !== 1 || (begun.get(account) ?? 0) > rewinds + 1))
      problems.push(`${name} was applied where ${account} ${expected} was due`)
    seen.add(name)
    last.set(account, n)
  }
  for (const { account, n } of moves)
    if (n > (last.get(account) ?? 0)) problems.push(`${account} ${n} was not applied in the end`)
  for (const letter of await mirror.events.deadLetters.list()) problems.push(`dead letter: ${letter.error.message}`)
  return { published: moves.length, applied: applied.length, waiting, problems }
}

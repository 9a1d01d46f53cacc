import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemPlatform } from '@holon/contract/system-platform'
import type { SqlStore } from '@holon/data'

import type { BusChoice } from '../../fixtures/events-lab/bus-of.ts'
import type { LedgerDb } from '../../fixtures/events-lab/ledger.ts'
import type { MirrorDb } from '../../fixtures/events-lab/mirror.ts'
import type { LabAssignment } from '../../fixtures/events-lab/run-service.ts'
import { type StoreChoice, storeOf } from '../../fixtures/events-lab/store-of.ts'
import { type Audit, audit, type Books, type Progress, progress } from './books.ts'
import { type LabDatabase, openLabDatabase } from './lab-database.ts'
import { type LabProcess, labProcess } from './lab-process.ts'

/** A bus whose server can be ended and started again with what it has stored. */
export interface LabBus {
  readonly choice: BusChoice
  /** For how long a member must say nothing to lose what it has, and more. */
  readonly longerThanLeaseMs: number
  /** Ends it without warning. */
  kill(): Promise<void>
  /** Ends it in an orderly way. */
  stop(): Promise<void>
  /** Resolves when it can be used. */
  start(): Promise<void>
  close(): Promise<void>
}

/** A producer, two replicas of a consumer, each service with a store of its own, and a bus, all in processes of their own. */
export interface EventsLab {
  readonly bus: LabBus
  readonly database: LabDatabase
  readonly producer: LabProcess
  readonly consumers: readonly LabProcess[]
  /** Takes the consumer's subscription back to the start, at one of its replicas; resolves to why that failed. */
  rewind(at: LabProcess): Promise<string | undefined>
  /** What is wrong with what the consumer has applied, once nothing waits anywhere any more. */
  audit(): Promise<Audit>
  progress(): Promise<Progress>
  /** Parcels that were stored, in that order, and those that were given up. */
  parcels(): Promise<{ readonly stored: readonly string[]; readonly dead: readonly string[] }>
  close(): Promise<void>
}

export async function openEventsLab(openBus: () => Promise<LabBus>, store: StoreChoice): Promise<EventsLab> {
  // Whatever fails below, what was started before ends.
  await using opened = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'holon-lab-'))
  opened.defer(() => rmSync(folder, { recursive: true, force: true }))
  const database = await openLabDatabase(store, folder)
  opened.defer(() => database.close())
  const bus = await openBus()
  opened.defer(() => bus.close())
  const launch = async (service: LabAssignment['service'], replica: string): Promise<LabProcess> => {
    const connection = await database.connection(service)
    const launched = labProcess({ service, replica, store, database: connection, version: 1, bus: bus.choice })
    opened.defer(() => launched.kill())
    return launched
  }
  const producer = await launch('ledger', 'ledger-1')
  const consumers = [await launch('mirror', 'mirror-1'), await launch('mirror', 'mirror-2')]
  // The subscription exists before the first event.
  for (const each of [...consumers, producer]) await each.start()
  const open = async <DB>(service: string): Promise<SqlStore<DB>> => {
    const connection = await database.connection(service)
    const options = { service, connection, platform: systemPlatform(), onError: () => {}, events: true }
    const found = await storeOf<DB>(store).open(options)
    opened.defer(() => found.close())
    return found
  }
  const ledger = await open<LedgerDb>('ledger')
  const mirror = await open<MirrorDb>('mirror')
  let rewinds = 0
  const books = (): Books => ({ ledger, mirror, rewinds, copies: consumers.some(({ version }) => version === 2) })
  const parts = opened.move()
  return {
    bus,
    database,
    producer,
    consumers,
    rewind: async (at) => {
      rewinds += 1
      at.send({ kind: 'rewind', subscription: 'mirror.ledger.moved' })
      return (await at.hear('rewound')).failure
    },
    audit: () => audit(books()),
    progress: () => progress(books()),
    parcels: async () => {
      const stored = await mirror.selectFrom('stored').select('id').orderBy('position').execute()
      const letters = await mirror.events.deadLetters.list({ subscription: 'mirror.ledger.sent', limit: 1_000 })
      const idOf = (envelope: string): string => (JSON.parse(envelope) as { data: { id: string } }).data.id
      return { stored: stored.map(({ id }) => id), dead: letters.map(({ envelope }) => idOf(envelope)) }
    },
    close: () => parts.disposeAsync(),
  }
}

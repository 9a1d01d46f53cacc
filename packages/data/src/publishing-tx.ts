import { type ContractEvent, ServiceError, type TraceContext } from '@holon/contract'
import type { Transaction } from 'kysely'

import type { OutboxRecord } from './events/event-log.ts'
import { assertRecord } from './events/storable.ts'
import type { Publisher, PublishOptions, Tx } from './store.ts'

/** What {@link publishingTx} needs. */
export interface Publishing<DB> {
  readonly service: string
  readonly publisher?: Publisher | undefined
  readonly trace?: TraceContext | undefined
  /** Puts records into the outbox: the last thing before the commit. */
  append(tx: Tx<DB>, records: readonly OutboxRecord[]): Promise<void>
}

/** A transaction with `publish`, and the promise of what was published in it and not waited for. */
export interface PublishingTx<DB> {
  readonly tx: Tx<DB>
  /**
   * Writes what was published. Rejects with the first failure of a `publish` that has not settled yet; those before were
   * seen by who called. To be called at the end of the work.
   */
  readonly settled: () => Promise<void>
}

export function publishingTx<DB>(transaction: Transaction<DB>, publishing: Publishing<DB>): PublishingTx<DB> {
  const { publisher, trace, service } = publishing
  const pending = new Set<Promise<void>>()
  let records: OutboxRecord[] = []
  let written = false
  let last: Promise<unknown> = Promise.resolve()
  const put = async (event: ContractEvent, data: unknown, options: PublishOptions = {}): Promise<void> => {
    if (!publisher) throw notPublishing(service, event)
    const before = last
    const record = await publisher(event, data, trace ? { ...options, trace } : options)
    await before // the order of the calls counts, also when nobody waits between them
    assertRecord(record)
    // All together at the end, in one statement. Who publishes later finds the transaction ended.
    if (written) await publishing.append(tx, [record])
    else records.push(record)
  }
  const publish = (event: ContractEvent, data: unknown, options?: PublishOptions): Promise<void> => {
    const published = put(event, data, options)
    last = Promise.allSettled([last, published])
    pending.add(published)
    const forget = (): boolean => pending.delete(published)
    published.then(forget, forget)
    return published
  }
  const tx: Tx<DB> = Object.assign(transaction, { publish })
  return {
    tx,
    settled: async () => {
      while (pending.size > 0 || records.length > 0) {
        await Promise.all(pending)
        const batch = records
        records = []
        if (batch.length > 0) await publishing.append(tx, batch)
      }
      written = true
    },
  }
}

function notPublishing(service: string, { id }: ContractEvent): ServiceError {
  return new ServiceError(
    'failed_precondition',
    `The service "${service}" cannot publish ${id}: its store was opened without a publisher, as by a service that has no events.`,
  )
}

import { type ContractEvent, ServiceError, type TraceContext } from '@holon/contract'
import type { Transaction } from 'kysely'

import type { OutboxRecord } from './events/event-log.ts'
import type { Publisher, PublishOptions, Tx } from './store.ts'

/** What {@link publishingTx} needs. */
export interface Publishing<DB> {
  readonly service: string
  readonly publisher?: Publisher | undefined
  readonly trace?: TraceContext | undefined
  append(tx: Tx<DB>, records: readonly OutboxRecord[]): Promise<void>
}

/** A transaction with `publish`, and the promise of what was published in it and not waited for. */
export interface PublishingTx<DB> {
  readonly tx: Tx<DB>
  /** Rejects with the first failure of a `publish` that has not settled yet; those before were seen by who called. */
  readonly settled: () => Promise<void>
}

export function publishingTx<DB>(transaction: Transaction<DB>, publishing: Publishing<DB>): PublishingTx<DB> {
  const { publisher, trace, service } = publishing
  const pending = new Set<Promise<void>>()
  let last: Promise<unknown> = Promise.resolve()
  const put = async (event: ContractEvent, data: unknown, options: PublishOptions = {}): Promise<void> => {
    if (!publisher) throw notPublishing(service, event)
    const before = last
    const record = await publisher(event, data, trace ? { ...options, trace } : options)
    await before // the order of the calls counts, also when nobody waits between them
    await publishing.append(tx, [record])
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
      while (pending.size > 0) await Promise.all(pending)
    },
  }
}

function notPublishing(service: string, { id }: ContractEvent): ServiceError {
  return new ServiceError(
    'failed_precondition',
    `The service "${service}" cannot publish ${id}: its store was opened without a publisher, as by a service that has no events.`,
  )
}

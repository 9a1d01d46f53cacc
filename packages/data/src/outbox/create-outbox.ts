import { type ContractEvent, type EventInput, ServiceError, type TraceContext } from '@holon/contract'

import { createEventLog } from '../events/create-event-log.ts'
import type { EventLog } from '../events/event-log.ts'
import type { EventSql, Signal, SqlRunner } from '../events/event-sql.ts'
import { type EventTablesOptions, prepareEventTables } from '../events/event-tables.ts'
import type { OpenStoreOptions, PublishOptions } from '../store.ts'
import { DriverTransactions } from './driver-transactions.ts'

/** What an adapter brings of its driver. `X` is the driver's own transaction. */
export interface OutboxDriver<X extends object> extends SqlRunner<X>, Pick<EventTablesOptions<X>, 'dialect' | 'lock'> {
  /** The way to other processes, where the engine has one. */
  signal?(options: OutboxOptions): Signal | Promise<Signal>
}

/** What a `StoreDefinition` is opened with fits. */
export interface OutboxOptions
  extends
    Pick<OpenStoreOptions, 'service' | 'platform' | 'onError' | 'publisher'>,
    Partial<Pick<OpenStoreOptions, 'connection'>> {}

/** Outbox and inbox in a database that is reached through a driver of the user's own. */
export interface DriverOutbox<X extends object> {
  /** For the runtime: what a store has as `events`. */
  readonly events: EventLog<X>
  /** Publishes an event if, and only if, `tx` commits. Rejects before anything is written if the data does not match. */
  publish<E extends ContractEvent>(
    tx: X,
    event: E,
    data: EventInput<E>,
    options?: PublishOptions & { readonly trace?: TraceContext },
  ): Promise<void>
  /**
   * The driver's transaction: commits when `work` resolves and rolls back when it rejects. What was published leaves right
   * after the commit. In transactions that were begun elsewhere it leaves a few milliseconds later.
   */
  transaction: EventSql<X>['transaction']
  /** Wakes nobody any more. The driver's connections are the user's to close. */
  close(): Promise<void>
}

/** The events tables through a driver. Makes them, or brings them up to date. */
export async function createOutbox<X extends object>(
  driver: OutboxDriver<X>,
  options: OutboxOptions,
): Promise<DriverOutbox<X>> {
  await prepareEventTables(driver)
  const { platform, publisher, service } = options
  const transactions = new DriverTransactions<X>(driver, { service, platform })
  const signal = await driver.signal?.(options)
  const log = createEventLog<X>({
    dialect: driver.dialect,
    platform,
    run: driver.run,
    transaction: transactions.run,
    afterCommit: (tx, committed) => transactions.afterCommit(tx, committed),
    ...(signal && { signal }),
  })
  return {
    events: log,
    transaction: transactions.run,
    async publish(tx, event, data, publishOptions = {}) {
      if (!publisher) throw withoutPublisher(service, event)
      await log.append(tx, [await publisher(event, data, publishOptions)])
    },
    async close() {
      transactions.close()
      await log.close()
    },
  }
}

function withoutPublisher(service: string, { id }: ContractEvent): ServiceError {
  const message = `The service "${service}" cannot publish ${id}: createOutbox was given no publisher. Pass on the options of open().`
  return new ServiceError('failed_precondition', message)
}

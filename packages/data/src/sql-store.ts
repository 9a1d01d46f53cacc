import { ServiceError } from '@holon/contract'
import { withDeadline } from '@holon/contract/platform'

import { CommitHooks } from './commit-hooks.ts'
import { createEventLog, type OpenEventLog } from './events/create-event-log.ts'
import type { Dialect, Signal } from './events/event-sql.ts'
import { kyselyRun } from './events/kysely-run.ts'
import { queriesOf } from './queries-of.ts'
import type { StoreHealth } from './store-health.ts'
import type { OpenStoreOptions, SqlStore, Tx } from './store.ts'
import { runTransaction, type TransactionHost } from './transaction.ts'

/** What an engine brings; {@link createSqlStore} adds what all engines have in common. */
export interface SqlEngine<DB> extends Pick<TransactionHost<DB>, 'service' | 'platform' | 'kysely' | 'enter'> {
  readonly dialect: Dialect
  readonly signal?: Signal | undefined
  /** See {@link kyselyRun}. */
  readonly kept?: string
  /** See `EventSql`. */
  readonly withCommit?: string
  readonly health: StoreHealth
  /** Called once. */
  close(): Promise<void>
}

const pingTimeoutMs = 2_000

export function createSqlStore<DB>(
  engine: SqlEngine<DB>,
  { events = false, publisher }: Pick<OpenStoreOptions, 'events' | 'publisher'>,
): SqlStore<DB> {
  const hooks = new CommitHooks()
  const host: TransactionHost<DB> = {
    ...engine,
    hooks,
    publisher: events ? publisher : undefined,
    append: (tx, records) => log.appendLast(tx, records),
  }
  const transaction: SqlStore<DB>['transaction'] = (work, options) => runTransaction(host, work, options)
  const log = eventLogOf(engine, { hooks, transaction })
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await log.close()
    await engine.close()
  }
  const store = {
    ...queriesOf(engine.kysely),
    transaction,
    ping: (signal?: AbortSignal) => ping(engine, signal),
    close: () => (closing ??= close()),
  }
  if (events) return { ...store, events: log }
  // Not enumerable, so that a store can be spread.
  return Object.defineProperty(store, 'events', { get: noEvents(engine.service) }) as SqlStore<DB>
}

function noEvents(service: string): () => never {
  return () => {
    throw new ServiceError(
      'failed_precondition',
      `The store of service "${service}" was opened without \`events: true\`, and so has no tables for them.`,
    )
  }
}

function eventLogOf<DB>(
  { dialect, platform, kysely, signal, kept, withCommit }: SqlEngine<DB>,
  { hooks, transaction }: Pick<SqlStore<DB>, 'transaction'> & { readonly hooks: CommitHooks },
): OpenEventLog<Tx<DB>> {
  return createEventLog<Tx<DB>>({
    dialect,
    platform,
    run: kyselyRun(kysely, kept),
    transaction,
    afterCommit: (tx, committed) => hooks.add(tx, committed),
    ...(signal && { signal }),
    ...(withCommit !== undefined && { withCommit }),
  })
}

async function ping<DB>({ platform, kysely, service, health }: SqlEngine<DB>, signal?: AbortSignal): Promise<void> {
  const late = (): Error =>
    new ServiceError('unavailable', `The store of service "${service}" did not answer within ${pingTimeoutMs} ms.`)
  await withDeadline({ platform, timeoutMs: pingTimeoutMs, timeoutError: late, signal }, (within) =>
    kysely.selectNoFrom((e) => e.lit(1).as('one')).execute({ signal: within }),
  )
  health.assertWell()
}

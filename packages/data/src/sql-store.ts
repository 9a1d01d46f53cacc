import { ServiceError } from '@holon/contract'
import type { Kysely } from 'kysely'

import { CommitHooks } from './commit-hooks.ts'
import { createEventLog, type OpenEventLog } from './events/create-event-log.ts'
import type { Dialect, Signal } from './events/event-sql.ts'
import { kyselyRun } from './events/kysely-run.ts'
import type { OpenStoreOptions, Queries, SqlStore, Tx } from './store.ts'
import { runTransaction, type TransactionHost } from './transaction.ts'
import { withDeadline } from './with-deadline.ts'

/** What an engine brings; {@link createSqlStore} adds what all engines have in common. */
export interface SqlEngine<DB> extends Pick<TransactionHost<DB>, 'service' | 'platform' | 'kysely' | 'enter'> {
  readonly dialect: Dialect
  readonly signal?: Signal | undefined
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
    append: (tx, records) => log.append(tx, records),
  }
  const transaction: SqlStore<DB>['transaction'] = (work, options) => runTransaction(host, work, options)
  const log = eventLogOf(engine, { hooks, transaction })
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await log.close()
    await engine.close()
  }
  return {
    ...queriesOf(engine.kysely),
    transaction,
    ping: (signal) => ping(engine, signal),
    close: () => (closing ??= close()),
    get events() {
      if (events) return log
      throw new ServiceError(
        'failed_precondition',
        `The store of service "${engine.service}" was opened without \`events: true\`, and so has no tables for them.`,
      )
    },
  }
}

function eventLogOf<DB>(
  { dialect, platform, kysely, signal }: SqlEngine<DB>,
  { hooks, transaction }: Pick<SqlStore<DB>, 'transaction'> & { readonly hooks: CommitHooks },
): OpenEventLog<Tx<DB>> {
  return createEventLog<Tx<DB>>({
    dialect,
    platform,
    run: kyselyRun(kysely),
    transaction,
    afterCommit: (tx, committed) => hooks.add(tx, committed),
    ...(signal && { signal }),
  })
}

/** An explicit list, so that `ctx.store` offers neither `destroy()` nor transactions that bypass {@link runTransaction}. */
export function queriesOf<DB>(kysely: Kysely<DB>): Queries<DB> {
  return {
    selectFrom: kysely.selectFrom.bind(kysely),
    selectNoFrom: kysely.selectNoFrom.bind(kysely),
    insertInto: kysely.insertInto.bind(kysely),
    replaceInto: kysely.replaceInto.bind(kysely),
    updateTable: kysely.updateTable.bind(kysely),
    deleteFrom: kysely.deleteFrom.bind(kysely),
    mergeInto: kysely.mergeInto.bind(kysely),
    with: kysely.with.bind(kysely),
    withRecursive: kysely.withRecursive.bind(kysely),
    getExecutor: kysely.getExecutor.bind(kysely),
  }
}

async function ping<DB>({ platform, kysely, service }: SqlEngine<DB>, signal?: AbortSignal): Promise<void> {
  const late = (): Error =>
    new ServiceError('unavailable', `The store of service "${service}" did not answer within ${pingTimeoutMs} ms.`)
  await withDeadline({ platform, timeoutMs: pingTimeoutMs, timeoutError: late, signal }, (within) =>
    kysely.selectNoFrom((e) => e.lit(1).as('one')).execute({ signal: within }),
  )
}

import { ServiceError } from '@holon/contract'
import type { Kysely } from 'kysely'

import type { Queries, SqlStore } from './store.ts'
import { runTransaction, type TransactionHost } from './transaction.ts'
import { withDeadline } from './with-deadline.ts'

/** What an engine brings; {@link createSqlStore} adds what all engines have in common. */
export interface SqlEngine<DB> extends TransactionHost<DB> {
  /** Called once. */
  close(): Promise<void>
}

const pingTimeoutMs = 2_000

export function createSqlStore<DB>(engine: SqlEngine<DB>): SqlStore<DB> {
  let closing: Promise<void> | undefined
  return {
    ...queriesOf(engine.kysely),
    transaction: (work, options) => runTransaction(engine, work, options),
    ping: (signal) => ping(engine, signal),
    close: () => (closing ??= engine.close()),
  }
}

/** An explicit list, so that `ctx.store` offers neither `destroy()` nor transactions that bypass {@link runTransaction}. */
function queriesOf<DB>(kysely: Kysely<DB>): Queries<DB> {
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

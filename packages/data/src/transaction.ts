import { type Platform, ServiceError } from '@holon/contract'
import { rejectOnAbort, withDeadline } from '@holon/contract/platform'
import type { Kysely, Transaction } from 'kysely'

import type { CommitHooks } from './commit-hooks.ts'
import { endable } from './ending-transaction.ts'
import { type Publishing, publishingTx } from './publishing-tx.ts'
import type { TransactionOptions, Tx } from './store.ts'

/** What {@link runTransaction} needs. */
export interface TransactionHost<DB> extends Omit<Publishing<DB>, 'trace'> {
  readonly hooks: CommitHooks
  readonly platform: Platform
  readonly kysely: Kysely<DB>
  /** Waits for the right to start a transaction and resolves to the function that gives it back. */
  enter?(options: { readonly readOnly: boolean; readonly signal: AbortSignal }): Promise<() => void>
}

const defaultTimeoutMs = 60_000

/**
 * Stands for what the work threw. Kysely asks an error whether the transaction has ended already; a foreign value may
 * throw at that or lie, and nothing would be rolled back.
 */
export const workFailed: Error = new Error('The work of a transaction failed.')

type Work<DB, T> = (tx: Tx<DB>) => Promise<T>

/** One transaction from waiting for its turn to its end, within a bounded time. */
export function runTransaction<DB, T>(
  host: TransactionHost<DB>,
  work: Work<DB, T>,
  options: TransactionOptions = {},
): Promise<T> {
  const { service, platform } = host
  const { timeoutMs = defaultTimeoutMs, readOnly = false, signal } = options
  const timeoutError = (): Error =>
    new ServiceError(
      'deadline_exceeded',
      `A transaction of service "${service}" was rolled back after ${timeoutMs} ms.`,
    )
  return withDeadline({ platform, timeoutMs, timeoutError, signal }, async (within) => {
    const leave = await host.enter?.({ readOnly, signal: within })
    try {
      return await execute(host, work, { ...options, signal: within })
    } finally {
      leave?.()
    }
  })
}

/**
 * The abort signal counts while waiting for a connection and while `work` runs, not during commit: once that has begun,
 * only its own outcome is the truth.
 */
async function execute<DB, T>(
  host: TransactionHost<DB>,
  work: Work<DB, T>,
  options: TransactionOptions & { readonly signal: AbortSignal },
): Promise<T> {
  const aborted = rejectOnAbort(options.signal)
  let failure: { readonly error: unknown } | undefined
  let begun = false
  let own: Tx<DB> | undefined
  const outcome = builder(host.kysely, options).execute(async (kyselyTx) => {
    options.signal.throwIfAborted()
    begun = true
    const cancelQuery = await queryCanceller(host, kyselyTx)
    const ending = endable(kyselyTx.getExecutor(), { service: host.service })
    const { tx, settled } = publishingTx(kyselyTx, { ...host, trace: options.trace })
    own = tx
    try {
      const result = await Promise.race([workIn(tx, work, settled), aborted.promise])
      ending.end()
      return result
    } catch (error) {
      ending.end()
      failure = { error }
      if (options.signal.aborted) await cancelQuery()
      throw workFailed
    }
  })
  const abortedWhileWaiting = aborted.promise.catch((reason: unknown) => (begun ? outcome : Promise.reject(reason)))
  try {
    const result = await Promise.race([outcome, abortedWhileWaiting])
    if (own) host.hooks.committed(own)
    return result
  } catch (error) {
    // A rollback that fails too (the connection is gone) must not hide why it was needed.
    throw failure ? failure.error : error
  } finally {
    aborted.dispose()
  }
}

/** What was published and not waited for belongs to the transaction all the same. */
async function workIn<DB, T>(tx: Tx<DB>, work: Work<DB, T>, settled: () => Promise<void>): Promise<T> {
  const result = await work(tx)
  await settled()
  return result
}

function builder<DB>(
  kysely: Kysely<DB>,
  { isolation, readOnly }: TransactionOptions,
): ReturnType<Kysely<DB>['transaction']> {
  const plain = kysely.transaction()
  const isolated = isolation ? plain.setIsolationLevel(isolation) : plain
  return readOnly ? isolated.setAccessMode('read only') : isolated
}

/**
 * Breaks off the statement that the transaction is executing, if any: its rollback would have to wait for it otherwise.
 * Kysely's connection knows only its newest statement, so this must be over before the rollback is asked for.
 */
async function queryCanceller<DB>(host: TransactionHost<DB>, tx: Transaction<DB>): Promise<() => Promise<void>> {
  const connection = await tx.getExecutor().provideConnection(async (held) => held)
  await connection.collectSessionInfo?.()
  const executor = host.kysely.getExecutor()
  return async () => {
    // It fails when the statement ends meanwhile, or the server cannot be reached. The statement's own timeout remains.
    await connection.cancelQuery?.((consumer) => executor.provideConnection(consumer)).catch(() => {})
  }
}

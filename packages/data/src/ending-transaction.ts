import { ServiceError } from '@holon/contract'
import type { QueryExecutor } from 'kysely'

/** Ends a transaction for those who write in it, before it ends for the server. */
export interface Ending {
  /** From now on no statement is sent any more. Those that were sent before precede the commit or rollback. */
  end(): void
  /** The same, and resolves when those that were sent are answered. Rejects if the server has ended the transaction. */
  settle(): Promise<void>
}

export interface EndingOptions {
  readonly service?: string
  /** Whether a statement that failed so has ended the transaction: the next one would be executed outside of it. */
  readonly isEnd?: (error: unknown) => boolean
}

/** What a statement is refused with that comes after the end of its transaction. */
export function lateStatement(service?: string): ServiceError {
  const statement = service === undefined ? 'A statement' : `A statement of service "${service}"`
  return new ServiceError(
    'failed_precondition',
    `${statement} came after the end of its transaction and was not executed. Await all statements within the transaction, and stop when ctx.signal aborts.`,
  )
}

/**
 * Kysely refuses statements of a transaction only once the server has answered its commit or rollback. One that is sent
 * while that is on its way (by work that goes on after an abort, or that nobody waited for) would be executed behind it:
 * outside of the transaction, committed by itself, without what should have committed with it.
 */
export function endable(executor: QueryExecutor, { service, isEnd = () => false }: EndingOptions): Ending {
  let ended = false
  let failure: { readonly error: unknown } | undefined
  const answered = executor.provideConnection.bind(executor)
  guard(executor, {
    refuse() {
      if (ended || failure) throw lateStatement(service)
    },
    failed(error) {
      if (isEnd(error)) failure ??= { error }
    },
  })
  return {
    end() {
      ended = true
    },
    async settle() {
      ended = true
      // Each waits for its turn on the connection.
      await answered(async () => {})
      if (failure) throw failure.error
    },
  }
}

interface Guarding {
  refuse(): void
  failed(error: unknown): void
}

/** Statements of all kinds, and those that wait for their turn, come by here right before they are sent. */
function guard(executor: QueryExecutor, guarding: Guarding): QueryExecutor {
  const provide = executor.provideConnection.bind(executor)
  const withPlugin = executor.withPlugin.bind(executor)
  const withPlugins = executor.withPlugins.bind(executor)
  const withPluginAtFront = executor.withPluginAtFront.bind(executor)
  const withoutPlugins = executor.withoutPlugins.bind(executor)
  // A schema or a plugin makes another executor of the same transaction.
  const guarded: Partial<QueryExecutor> = {
    provideConnection: (consumer, options) =>
      provide(async (connection) => {
        guarding.refuse()
        try {
          return await consumer(connection)
        } catch (error) {
          guarding.failed(error)
          throw error
        }
      }, options),
    withPlugin: (plugin) => guard(withPlugin(plugin), guarding),
    withPlugins: (plugins) => guard(withPlugins(plugins), guarding),
    withPluginAtFront: (plugin) => guard(withPluginAtFront(plugin), guarding),
    withoutPlugins: () => guard(withoutPlugins(), guarding),
  }
  return Object.assign(executor, guarded)
}

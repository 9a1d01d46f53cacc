import { ServiceError } from '@holon/contract'
import type { QueryExecutor } from 'kysely'

/** Ends a transaction for those who write in it, before it ends for the server. */
export interface Ending {
  /** From now on no statement is sent any more. Those that were sent before precede the commit or rollback. */
  end(): void
}

/**
 * Kysely refuses statements of a transaction only once the server has answered its commit or rollback. One that is sent
 * while that is on its way (by work that goes on after an abort, or that nobody waited for) would be executed behind it:
 * outside of the transaction, committed by itself, without what should have committed with it.
 */
export function endable(executor: QueryExecutor, service: string): Ending {
  let ended = false
  const refuse = (): void => {
    if (!ended) return
    throw new ServiceError(
      'failed_precondition',
      `A statement of service "${service}" came after the end of its transaction and was not executed. Await all statements within the transaction, and stop when ctx.signal aborts.`,
    )
  }
  guard(executor, refuse)
  return {
    end: () => {
      ended = true
    },
  }
}

/** Statements of all kinds, and those that wait for their turn, come by here right before they are sent. */
function guard(executor: QueryExecutor, refuse: () => void): QueryExecutor {
  const provide = executor.provideConnection.bind(executor)
  const withPlugin = executor.withPlugin.bind(executor)
  const withPlugins = executor.withPlugins.bind(executor)
  const withPluginAtFront = executor.withPluginAtFront.bind(executor)
  const withoutPlugins = executor.withoutPlugins.bind(executor)
  // A schema or a plugin makes another executor of the same transaction.
  const guarded: Partial<QueryExecutor> = {
    provideConnection: (consumer, options) =>
      provide((connection) => {
        refuse()
        return consumer(connection)
      }, options),
    withPlugin: (plugin) => guard(withPlugin(plugin), refuse),
    withPlugins: (plugins) => guard(withPlugins(plugins), refuse),
    withPluginAtFront: (plugin) => guard(withPluginAtFront(plugin), refuse),
    withoutPlugins: () => guard(withoutPlugins(), refuse),
  }
  return Object.assign(executor, guarded)
}

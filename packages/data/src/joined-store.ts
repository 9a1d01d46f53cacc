import { queriesOf } from './queries-of.ts'
import type { SqlStore, Tx } from './store.ts'

/** A store inside of a transaction that is already open. */
export interface JoinedStore<DB> {
  readonly store: SqlStore<DB>
  /** Throws if a transaction inside has failed: what it wrote cannot be undone alone, so nothing may be committed. */
  assertWhole(): void
}

/**
 * The store as a handler sees it whose effects commit together: queries run in `tx`, and a transaction joins it instead
 * of beginning another one, which would wait for this one or commit without it.
 */
export function joinTransaction<DB>(store: SqlStore<DB>, tx: Tx<DB>): JoinedStore<DB> {
  let failure: { readonly error: unknown } | undefined
  const joined: SqlStore<DB> = {
    ...store,
    ...('selectFrom' in tx && queriesOf(tx)), // the transaction of a driver of the user's own has no such methods
    transaction: async (work) => {
      try {
        return await work(tx)
      } catch (error) {
        failure ??= { error }
        throw error
      }
    },
  }
  return {
    store: joined,
    assertWhole: () => {
      if (failure) throw failure.error
    },
  }
}

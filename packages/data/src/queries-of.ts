import type { Kysely } from 'kysely'

import type { Queries } from './store.ts'

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

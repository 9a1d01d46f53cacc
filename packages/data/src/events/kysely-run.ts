import { CompiledQuery, type QueryExecutorProvider } from 'kysely'

import type { SqlRunner } from './event-sql.ts'

/** Statements of the event tables through Kysely. */
export function kyselyRun(kysely: QueryExecutorProvider): SqlRunner<QueryExecutorProvider>['run'] {
  return async (tx, statement, parameters) => {
    const query = CompiledQuery.raw(statement, [...parameters])
    const { rows, numAffectedRows } = await (tx ?? kysely).getExecutor().executeQuery<Record<string, unknown>>(query)
    return { rows, affected: Number(numAffectedRows ?? 0) }
  }
}

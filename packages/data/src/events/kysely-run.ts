import { CompiledQuery, type QueryExecutorProvider } from 'kysely'

import type { SqlRunner } from './event-sql.ts'

/** Statements of the event tables through Kysely. `mark` goes before those that have none of their own. */
export function kyselyRun(kysely: QueryExecutorProvider, mark = ''): SqlRunner<QueryExecutorProvider>['run'] {
  return async (tx, statement, parameters) => {
    const text = statement.startsWith('/*') ? statement : mark + statement
    const query = CompiledQuery.raw(text, [...parameters])
    const { rows, numAffectedRows } = await (tx ?? kysely).getExecutor().executeQuery<Record<string, unknown>>(query)
    return { rows, affected: Number(numAffectedRows ?? 0) }
  }
}

/**
 * A sqlite store: typed SQL with Kysely, in a file of the service's own.
 *
 * @module
 */
export { sqlite, type SqliteOptions } from '@holon/data/sqlite'
export * from './sql-store.ts'

/**
 * A Postgres store: typed SQL with Kysely, in a database of the service's own.
 *
 * @module
 */
export { postgres, type PostgresOptions } from '@holon/data/postgres'
export * from './sql-store.ts'

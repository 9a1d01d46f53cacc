/**
 * A PostgreSQL server for tests.
 *
 * @module
 */
export { startTestPostgres, type TestPostgres, type TestPostgresOptions } from './test-postgres.ts'

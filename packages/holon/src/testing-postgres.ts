/**
 * A PostgreSQL server for tests.
 *
 * @module
 */
export * from '@holon/testing/postgres'

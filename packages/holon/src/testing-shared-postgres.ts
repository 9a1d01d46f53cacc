/**
 * One PostgreSQL server for all test files of a run: a `globalSetup` of Vitest, and of Node's test runner.
 *
 * @module
 */
export { default, globalSetup, globalTeardown } from '@holon/testing/shared-postgres'

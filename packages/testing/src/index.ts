/**
 * Tests services alone: some or all of an app in one process, fakes held to their contracts, a clock that can be moved, the
 * gateway without a socket. Works with any test runner.
 *
 * @module
 */
export type { TestClock } from './clock/test-clock.ts'
export { NotSettled } from './events/settled.ts'
export { fake, type Fake, type FakeHandlers } from './fakes/fake.ts'
export { BrokenFake } from './fakes/kept-contracts.ts'
export { record } from './fakes/record.ts'
export type { RecordingFile } from './fakes/recording.ts'
export { replay } from './fakes/replay.ts'
export type { TestPostgres } from './postgres/test-postgres.ts'
export { startTestApp } from './start-test-app.ts'
export type { TestData } from './stores/test-stores.ts'
export type { PublishedEvent, Testable, TestApp, TestAppOptions, TestClients, TestReplica } from './test-app.ts'

export { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './embedded-postgres.ts'
export type { RunAs } from './launcher.ts'
export type { ServerExit } from './postmaster.ts'

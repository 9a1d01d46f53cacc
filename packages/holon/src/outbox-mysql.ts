/**
 * Outbox and inbox through Kysely on MySQL or MariaDB, for a store of your own.
 *
 * @module
 */
export * from '@holon/data/outbox-mysql'
export type { OpenStoreOptions, Store, StoreDefinition } from '@holon/data'

/**
 * Outbox and inbox through a `pg` pool, for a store of your own.
 *
 * @module
 */
export * from '@holon/data/outbox-pg'
export type { OpenStoreOptions, Store, StoreDefinition } from '@holon/data'

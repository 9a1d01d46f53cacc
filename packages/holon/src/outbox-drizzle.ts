/**
 * Outbox and inbox through Drizzle on `drizzle-orm/node-postgres`, for a store of your own.
 *
 * @module
 */
export * from '@holon/data/outbox-drizzle'
export type { OpenStoreOptions, Store, StoreDefinition } from '@holon/data'

/**
 * Outbox and inbox through Prisma on PostgreSQL, for a store of your own.
 *
 * @module
 */
export * from '@holon/data/outbox-prisma'
export type { OpenStoreOptions, Store, StoreDefinition } from '@holon/data'

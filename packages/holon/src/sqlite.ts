/**
 * A sqlite store: typed SQL with Kysely, in a file of the service's own.
 *
 * @module
 */
export {
  isCheckViolation,
  isForeignKeyViolation,
  isNotNullViolation,
  isSerializationFailure,
  isUniqueViolation,
  type Queries,
  type SqlStore,
  type Store,
  type StoreDefinition,
  type StoreOf,
  type TransactionOptions,
  type Tx,
} from '@holon/data'
export { sqlite, type SqliteOptions } from '@holon/data/sqlite'

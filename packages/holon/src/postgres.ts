/**
 * A Postgres store: typed SQL with Kysely, in a database of the service's own.
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
export { postgres, type PostgresOptions } from '@holon/data/postgres'

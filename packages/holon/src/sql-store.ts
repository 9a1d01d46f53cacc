// What a store of either engine comes with.
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

export {
  isCheckViolation,
  isForeignKeyViolation,
  isNotNullViolation,
  isSerializationFailure,
  isUniqueViolation,
} from './constraint-errors.ts'
export type {
  OpenStoreOptions,
  Queries,
  SqlStore,
  Store,
  StoreDefinition,
  StoreOf,
  TransactionOptions,
  Tx,
} from './store.ts'

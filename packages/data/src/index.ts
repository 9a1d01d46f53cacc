export {
  isCheckViolation,
  isForeignKeyViolation,
  isNotNullViolation,
  isSerializationFailure,
  isUniqueViolation,
} from './constraint-errors.ts'
export type {
  DeadLetter,
  DeadLetterError,
  DeadLetterFilter,
  DeadLetterReason,
  DeadLetters,
  StoredDeadLetter,
} from './events/dead-letters.ts'
export { deadLetterReasons, outboxSubscription } from './events/dead-letters.ts'
export type {
  AppendListenerOptions,
  Applied,
  ApplyOptions,
  EventLog,
  OutboxRecord,
  ReadOutboxOptions,
  Receipt,
  Receipts,
  StoredRecord,
} from './events/event-log.ts'
export type { HeldLease, Lease, Leases } from './events/leases.ts'
export { type JoinedStore, joinTransaction } from './joined-store.ts'
export { outboxPartitions, partitionOf } from './events/partition-of.ts'
export { isStorable } from './events/storable.ts'
export type { Schedule, ScheduleTable, StoredSchedule } from './events/schedules.ts'
export type { CountedTries, Tries } from './events/tries.ts'
export type {
  OpenStoreOptions,
  Publisher,
  PublishOptions,
  Queries,
  SqlStore,
  Store,
  StoreDefinition,
  StoreOf,
  TransactionOptions,
  Tx,
  TxPublish,
} from './store.ts'

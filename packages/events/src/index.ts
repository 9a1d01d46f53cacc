export { type AsyncApiDocument, type AsyncApiOptions, toAsyncApi } from './async-api.ts'
export type { Bus, BusMessage, BusSubscription, Delivery, SubscribeOptions } from './bus.ts'
export { type BusDefinition, embedded, type EmbeddedOptions, type OpenBusOptions } from './bus-definition.ts'
export {
  type Applied,
  type Attempt,
  Consumer,
  type ConsumerOptions,
  NotRun,
  type Outcome,
  type Workplace,
} from './consumer.ts'
export { deadLetterMessage, deadTopic, openLetters, settledMessage } from './dead-topic.ts'
export type { BusInvoker } from './embedded/remote-bus.ts'
export { type MemoryBus, memoryBus } from './embedded/memory-bus.ts'
export { joinEnvelope, splitEnvelope, toBusMessage, toEnvelope } from './envelope.ts'
export { type AdminOperation, adminOperation, adminOperations, type EventsReport } from './events-admin.ts'
export { EventIds } from './event-ids.ts'
export { createPublisher, type PublisherOptions } from './publisher.ts'
export { readTopic } from './read-topic.ts'
export { type EventInfo, Mismatch, readData, traceOf } from './received-event.ts'
export { type Outbox, Relay, type RelayOptions, type RelayState } from './relay.ts'
export type { RetryOptions } from './retry-schedule.ts'
export { cronTimes, intervalTimes, type ScheduleTimes } from './schedule-times.ts'
export { type ScheduledJob, Scheduler, type SchedulerOptions } from './scheduler.ts'

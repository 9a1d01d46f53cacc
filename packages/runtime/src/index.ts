export type { Instance, InstanceOptions } from './instance.ts'
export type { EventWork, SubscriptionWork } from './events/event-work.ts'
export { startInstance } from './start-instance.ts'

/**
 * What an app and its services say of events, without what moves them: types and pure functions, loaded with every
 * configuration.
 *
 * @module
 */
export { type BusDefinition, embedded, type EmbeddedOptions, type OpenBusOptions } from './bus-definition.ts'
export { busCallerName, busName } from './embedded/bus-name.ts'
export type { FollowedEvent } from './follower.ts'
export type { EventInfo } from './received-event.ts'
export type { RetryOptions } from './retry-schedule.ts'
export { cronTimes, intervalTimes, type ScheduleTimes } from './schedule-times.ts'

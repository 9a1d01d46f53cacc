export type { AppDefinition, AppOptions, Placement, ServiceLoader } from './app.ts'
export { defineApp } from './define-app.ts'
export { type EventListing, eventListing, unknownEvents } from './event-listing.ts'
export type { ExternalProcess } from './external-process.ts'
export type { InstanceAssignment, ToInstance, ToSupervisor } from './instance-protocol.ts'
export { busName, gatewayName, type Group, groupsOf, placementProblems, splitPlacement } from './placement.ts'
export {
  databaseVariable,
  environmentProvider,
  fileKind,
  MissingDatabase,
  type Provider,
  provideFrom,
} from './provider.ts'
export { defaultStartTimeoutMs, defineService } from './service/define-service.ts'
export type { Clock, Schedule, ScheduleOptions } from './service/schedule.ts'
export { readConfig, variableFor } from './service/service-config.ts'
export { subscriptionName, waitProblem } from './service/service-problems.ts'
export type {
  EventContext,
  EventsOf,
  HandlerContext,
  Log,
  ScheduleContext,
  ServiceDefinition,
  ServiceOptions,
  ServiceScope,
  UnitOfWork,
  Uses,
} from './service/service.ts'
export type { On, Subscription, SubscriptionOptions } from './service/subscription.ts'
export type { StartWait, StartWatch } from './start-circle.ts'

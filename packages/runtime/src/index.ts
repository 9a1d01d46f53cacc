export {
  type AppDefinition,
  type AppOptions,
  expose,
  type Exposure,
  type ExternalProcess,
  type GatewayAuth,
  type GatewayDefinition,
  type Placement,
  type ServiceLoader,
} from './app.ts'
export { defineApp, gatewayUses } from './define-app.ts'
export { defineService } from './define-service.ts'
export type { Clock, Schedule, ScheduleOptions } from './schedule.ts'
export type { On, Subscription, SubscriptionOptions } from './subscription.ts'
export type { EventListing } from './event-listing.ts'
export type { Instance, InstanceOptions } from './instance.ts'
export type { RunningCall } from './running-calls.ts'
export type { InstanceAssignment, ToInstance, ToSupervisor } from './instance-protocol.ts'
export { busName, gatewayName, type Group, groupsOf, placementProblems, splitPlacement } from './placement.ts'
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
} from './service.ts'
export { variableFor } from './service-config.ts'
export type { StartWait, StartWatch } from './start-circle.ts'
export { startInstance } from './start-instance.ts'
export { systemPlatform } from './system-platform.ts'

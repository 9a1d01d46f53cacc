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
export { busService } from './bus-service.ts'
export { defineApp, gatewayUses } from './define-app.ts'
export { defineService } from './define-service.ts'
export type { Instance, InstanceOptions } from './instance.ts'
export type { InstanceAssignment, ToInstance, ToSupervisor } from './instance-protocol.ts'
export { gatewayName, type Group, groupsOf, placementProblems, splitPlacement } from './placement.ts'
export type { HandlerContext, Log, ServiceDefinition, ServiceOptions, ServiceScope, Uses } from './service.ts'
export { variableFor } from './service-config.ts'
export { startInstance } from './start-instance.ts'
export { systemPlatform } from './system-platform.ts'

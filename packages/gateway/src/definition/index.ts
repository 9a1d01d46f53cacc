/**
 * What an app says of its gateway, without the gateway: types and pure functions.
 *
 * @module
 */
export { expose, type Exposure, exposureProblems } from './exposure.ts'
export { defaultGatewayPort, type GatewayAuth, type GatewayDefinition, gatewayUses } from './gateway-definition.ts'

/**
 * Light contracts, for what is built for browsers.
 *
 * @module
 */
export type { LightContract, LightOperation, OutputSchema } from '../light-contract.ts'
export { lightContract } from './light-contract.ts'
export { lightContracts, type LightContractsOptions, type LightContractsPlugin } from './light-contracts.ts'

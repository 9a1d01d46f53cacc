export type { Instance, InstanceOptions } from './instance.ts'
export { startInstance } from './start-instance.ts'

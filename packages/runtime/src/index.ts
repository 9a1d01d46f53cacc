export type { Instance, InstanceOptions } from './instance.ts'
export type { RunningCall } from './running-calls.ts'
export { startInstance } from './start-instance.ts'

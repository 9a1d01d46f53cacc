export { AdminPortTaken } from './admin-server.ts'
export type { AppDescription } from './app-description.ts'
export type { FromInstance } from './from-instance.ts'
export type { DatabaseServer } from './kept-database.ts'
export { createProvisioner, databaseVariable, type Provisioner, type ProvisionerOptions } from './provisioner.ts'
export {
  type AdminAccess,
  AlreadyRunning,
  DataFolderFailure,
  readAdminAccess,
  type RunFolder,
  takeRunFolder,
} from './run-folder.ts'
export type {
  ExternalStatus,
  GroupStatus,
  InstanceStatus,
  ProcessState,
  ProcessStatus,
  ServiceStatus,
  SupervisorStatus,
} from './status.ts'
export { StartFailure, startSupervisor, type Supervisor, type SupervisorOptions } from './supervisor.ts'

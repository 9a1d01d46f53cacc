export { AdminPortTaken } from './admin/admin-server.ts'
export type { AppDescription } from './fleet/app-description.ts'
export type { FromInstance } from './process/from-instance.ts'
export type { DatabaseServer } from './fleet/kept-database.ts'
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
} from './admin/status.ts'
export { StartFailure } from './start-failure.ts'
export type { SupervisorOptions } from './supervisor-options.ts'
export { startSupervisor, type Supervisor } from './supervisor.ts'

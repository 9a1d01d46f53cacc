import type { ExternalProcess, Group } from '@holon/app'

/**
 * What the supervisor knows of an app. Plain data: the configuration is read by another process, so that the supervisor
 * runs no code of the user's, stays small, and sees a changed configuration as it is now.
 */
export interface AppDescription {
  readonly name: string
  /** Folder of the configuration; processes run there. */
  readonly folder: string
  readonly groups: readonly Group[]
  readonly processes: { readonly [name: string]: ExternalProcess }
  /** A process that does not answer for so long is ended and started again; 0: none is. */
  readonly hangTimeoutMs: number
  /** Port of the gateway; undefined: the app has no gateway. */
  readonly gatewayPort: number | undefined
  /** Folders that hold the module of one service alone, by service. */
  readonly serviceFolders: { readonly [service: string]: string }
}

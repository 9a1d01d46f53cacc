/** What a process that the supervisor keeps running is doing. */
export type ProcessState =
  | 'starting'
  | 'ready'
  /** It runs, and does not answer; unless it does so soon, it is killed and started again. */
  | 'hung'
  | 'restarting'
  | 'failed'
  | 'stopping'
  | 'stopped'

/** A process that the supervisor keeps running. */
export interface ProcessStatus {
  /** `orders-1`, or the name of an external process. */
  readonly name: string
  readonly state: ProcessState
  readonly pid: number | undefined
  /** How often it was started again. */
  readonly restarts: number
  readonly uptimeMs: number | undefined
  /** Resident memory. */
  readonly rssBytes: number | undefined
  /** Why it does not run. */
  readonly reason: string | undefined
}

/** A running instance of a group. */
export interface InstanceStatus extends ProcessStatus {
  /** Unique for its last start; undefined before the first. */
  readonly instance: string | undefined
  /** `unix:/path` or `host:port`. */
  readonly address: string | undefined
}

export interface ServiceStatus {
  readonly name: string
  /** The services it calls; empty until an instance has told. */
  readonly uses: readonly string[]
}

export interface GroupStatus {
  readonly name: string
  readonly services: readonly ServiceStatus[]
  readonly instances: readonly InstanceStatus[]
}

export interface ExternalStatus extends ProcessStatus {
  readonly url: string
}

/** Answer of `GET /api/status`. */
export interface SupervisorStatus {
  readonly app: string
  readonly state: 'starting' | 'ready' | 'stopping'
  readonly pid: number
  readonly uptimeMs: number
  /** Resident memory of the supervisor itself. */
  readonly rssBytes: number | undefined
  /** Memory of all processes together, the embedded Postgres left out; what they share is counted once. */
  readonly totalBytes: number | undefined
  readonly adminUrl: string
  /** Undefined while no gateway listens. */
  readonly gatewayUrl: string | undefined
  readonly groups: readonly GroupStatus[]
  readonly processes: readonly ExternalStatus[]
  /** The embedded Postgres, if it runs. */
  readonly database: { readonly pid: number; readonly rssBytes: number | undefined } | undefined
}

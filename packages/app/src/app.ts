import type { BusDefinition } from '@holon/events/definition'
import type { GatewayDefinition } from '@holon/gateway/definition'

import type { ExternalProcess } from './external-process.ts'
import type { ServiceDefinition } from './service/service.ts'

/** Loads a service's module. Called only in the process that runs the service. */
export type ServiceLoader = () => Promise<{ readonly default: ServiceDefinition }>

/** Which services share a process. `'*'` is every service (and the gateway) that no other group names. */
export type Placement = { readonly [group: string]: '*' | readonly string[] }

/** What `defineApp` takes. */
export interface AppOptions {
  /** Up to 40 lower-case letters, digits and `-`. Brokers and logs know the app by it. */
  readonly name: string
  /** Each service under the name of its contract, and how its module is loaded. */
  readonly services: { readonly [name: string]: ServiceLoader }
  /** The door for clients outside. Default: none. */
  readonly gateway?: GatewayDefinition
  /** Default `{ main: '*' }`: everything in one process. The gateway is placed under the name `gateway`. */
  readonly placement?: Placement
  /** Copies of a group. Default 1. Several gateways share their port, which only Linux can. */
  readonly replicas?: { readonly [group: string]: number }
  /** Programs that are no services, kept running along with the app. Default: none. */
  readonly processes?: { readonly [name: string]: ExternalProcess }
  /**
   * A process that does not turn its event loop for so long (an endless loop, a regular expression that explodes, SIGSTOP)
   * is killed by the supervisor and started again; a debugger may hold it for longer. Default 15 000; 0: never.
   */
  readonly hangTimeoutMs?: number
  /** What carries events. Default: the embedded bus, which runs where it is needed. */
  readonly bus?: BusDefinition
}

/** A checked app: default export of `holon.config.ts`. */
export interface AppDefinition extends Required<
  Pick<AppOptions, 'name' | 'services' | 'placement' | 'replicas' | 'processes' | 'hangTimeoutMs' | 'bus'>
> {
  readonly gateway: GatewayDefinition | undefined
}

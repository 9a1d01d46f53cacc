import type { Contract, Operation } from '@holon/contract'
import type { BusDefinition } from '@holon/events'

import type { ServiceDefinition } from './service.ts'

/** Loads a service's module. Called only in the process that runs the service. */
export type ServiceLoader = () => Promise<{ readonly default: ServiceDefinition }>

/** A contract and those of its operations that outside clients may call. Made by `expose`. */
export interface Exposure {
  readonly contract: Contract
  readonly operations: readonly string[]
}

/** Names the operations of a contract that outside clients may call. */
export function expose<C extends Contract>(
  contract: C,
  operations: readonly (keyof C['operations'] & string)[],
): Exposure {
  return { contract, operations }
}

/** How the gateway verifies bearer tokens (JWT, RFC 7519, as access tokens; RFC 8725 practice). */
export interface GatewayAuth {
  /** The exact `iss` a token must carry. */
  readonly issuer: string
  /** The `aud` a token must contain. */
  readonly audience: string
  /** Where the public keys are: a JWKS URL, or an operation (a query without input) that returns a JWKS. */
  readonly jwks: string | Operation
  /** Accepted signature algorithms. Default: `['ES256', 'EdDSA', 'RS256']`. `none` and HMAC are never accepted. */
  readonly algorithms?: readonly string[]
  /** Allowed clock difference, at most 600. Default 5 s. */
  readonly clockToleranceS?: number
  /** Accepted `typ` of a token's header, in any case. Default: `JWT`, `at+jwt`, and tokens without one. */
  readonly types?: readonly string[]
  /** A token is refused so long after its `iat`, whatever its `exp`, and without an `iat`. Default: only `exp` counts. */
  readonly maxTokenAgeS?: number
}

/** The gateway of an app: the only door for outside clients. Nothing is reachable that `expose` does not name. */
export interface GatewayDefinition {
  readonly expose: readonly Exposure[]
  /** Put before every route. Default: none. */
  readonly prefix?: string
  /** Without it every operation with `auth: 'required'` is refused. */
  readonly auth?: GatewayAuth
  /** Origins that browsers may call from; default: same origin only. */
  readonly cors?: { readonly origins: readonly string[]; readonly credentials?: boolean }
  readonly limits?: {
    /** Largest request body. Default 1 MiB. */
    readonly bodyBytes?: number
    /** Largest request head. Default 16 KiB. */
    readonly headerBytes?: number
    /** A request must have arrived whole within this. Default 15 s. */
    readonly requestTimeoutMs?: number
    /** Deadline of the calls a request causes where the operation has no shorter one. Default 10 s. */
    readonly callTimeoutMs?: number
  }
  /** Directories of files served as they are, by URL prefix. `spa` answers unknown paths below it with `index.html`; files are cached for `maxAgeS` (default 300 s). */
  readonly static?: readonly {
    readonly at: string
    readonly directory: URL
    readonly spa?: boolean
    readonly maxAgeS?: number
  }[]
  /** Default port; `--port` and `PORT` go before it. Default 8080. */
  readonly port?: number
  /** Title and version in the OpenAPI document. Default: the app's name, `0.0.0`. */
  readonly info?: { readonly title?: string; readonly version?: string; readonly description?: string }
}

/** A process that is not a Holon service, supervised along with the app. */
export interface ExternalProcess {
  /** Program and arguments; `node` means the Node that runs the supervisor. Relative paths start at the configuration's folder. */
  readonly command: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
  /** The port on which it listens, and which it gets as `PORT`. Default: a free one, the same after a restart. */
  readonly port?: number
  /** Services read its URL from this environment variable, for instance `PAYMENTS_PROVIDER_URL`. */
  readonly urlVariable?: string
  /** It reads the URL of the gateway, which starts after it, from this environment variable, for instance `API_URL`. */
  readonly gatewayVariable?: string
  /** Path that answers 2xx once it is ready. Default: ready as soon as the port accepts connections. */
  readonly readyPath?: string
}

/** Which services share a process. `'*'` is every service (and the gateway) that no other group names. */
export type Placement = { readonly [group: string]: '*' | readonly string[] }

/** What `defineApp` takes. */
export interface AppOptions {
  readonly name: string
  readonly services: { readonly [name: string]: ServiceLoader }
  readonly gateway?: GatewayDefinition
  /** Default `{ main: '*' }`: everything in one process. The gateway is placed under the name `gateway`. */
  readonly placement?: Placement
  /** Copies of a group. Default 1. Several gateways share their port, which only Linux can. */
  readonly replicas?: { readonly [group: string]: number }
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

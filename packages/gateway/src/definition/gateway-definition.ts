import type { Operation } from '@holon/contract'

import type { Exposure } from './exposure.ts'

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

/** Where a gateway listens if nothing else is said. */
export const defaultGatewayPort = 8080

/** The services that a gateway calls: those it exposes, and the one that gives the keys. */
export function gatewayUses({ expose, auth }: GatewayDefinition): readonly string[] {
  const keys = auth === undefined || typeof auth.jwks === 'string' ? [] : [auth.jwks.service]
  return [...new Set([...expose.map(({ contract }) => contract.name), ...keys])]
}

import type { InputPlaces } from '@holon/contract/http'

/**
 * What a client needs of a contract, as plain data: names, routes, and where the fields of inputs go. Every contract is
 * one; `lightContract` makes one without the schemas and their library.
 */
export interface LightContract {
  readonly name: string
  readonly operations: { readonly [name: string]: LightOperation }
}

/** What a client needs of an operation. */
export interface LightOperation {
  readonly id: string
  readonly definition: { readonly kind: string }
  readonly compiled: {
    /** Undefined: it cannot be called over HTTP. */
    readonly route?: { readonly method: string; readonly path: string } | undefined
    /** Undefined: it takes no input. */
    readonly places?: InputPlaces | undefined
    readonly auth: string
    /** Undefined or Infinity: none. */
    readonly timeoutMs?: number | undefined
    /** Undefined: it sends no items. */
    readonly serverStream?: unknown
    /** Undefined: it takes no items. */
    readonly clientStream?: unknown
  }
}

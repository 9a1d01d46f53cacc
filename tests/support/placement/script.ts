import type { Code } from '@holon/contract'

/** What a handler throws. */
export type Thrown =
  | { readonly kind: 'service-error'; readonly code: Code; readonly message: string; readonly mayHaveRun: boolean }
  | {
      readonly kind:
        | 'error'
        | 'string'
        | 'undefined'
        | 'null'
        | 'frozen'
        | 'forged'
        | 'hostile'
        | 'bad-code'
        | 'foreign-failure'
    }

/** How a handler ends. Values are described, see `described.ts`. */
export type Ending =
  | { readonly kind: 'give'; readonly value: unknown }
  | { readonly kind: 'echo' }
  | { readonly kind: 'fail'; readonly data: unknown }
  | { readonly kind: 'throw'; readonly thrown: Thrown }
  /** Waits until its signal aborts; then rejects, or (`stubborn`) answers all the same. */
  | { readonly kind: 'hang'; readonly stubborn: boolean }

/** What the handler at the end of the chain does in one call. */
export interface Script {
  readonly mutatesInput: boolean
  /** Reads so many of the caller's items first. */
  readonly takes: number
  /** Items it sends before its end. */
  readonly items: readonly unknown[]
  readonly ending: Ending
  /** Gives the same object each time and keeps it; or a new one that it changes after it has answered. */
  readonly keeps: 'same' | 'changed'
  /** Waits a turn of the event loop before anything else. */
  readonly slow: boolean
}

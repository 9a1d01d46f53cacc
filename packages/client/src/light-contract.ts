import type { InputPlaces } from '@holon/contract/http'

/**
 * What a client needs of a contract, as plain data: names, routes, and where the fields of inputs go. Every contract is
 * one; `lightContract` makes one without the schemas and their library.
 */
export interface LightContract {
  readonly name: string
  readonly operations: { readonly [name: string]: LightOperation }
}

/** What a client asks of the schema of an output: whether it takes undefined. */
export interface OutputSchema {
  parse(
    value: unknown,
  ): { readonly value?: unknown; readonly issues?: readonly unknown[] | undefined } | Promise<unknown>
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
    /** True: it always answers with a value. A schema says so itself. Undefined: it may answer with nothing. */
    readonly output?: true | OutputSchema | undefined
    /** Undefined or Infinity: none. */
    readonly timeoutMs?: number | undefined
    /** Undefined: it sends no items. */
    readonly serverStream?: unknown
    /** Undefined: it takes no items. */
    readonly clientStream?: unknown
  }
}

/** Whether an operation may answer with nothing: it has no output, or one that may be undefined. */
export function mayAnswerNothing({ output }: Pick<LightOperation['compiled'], 'output'>): boolean {
  if (output === undefined || output === true) return output === undefined
  const parsed = output.parse(undefined)
  return parsed instanceof Promise || (parsed.issues === undefined && parsed.value === undefined)
}

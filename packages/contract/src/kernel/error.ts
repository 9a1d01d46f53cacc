import { type Code, codes, isCode } from './code.ts'
import { messageOf } from './foreign/foreign-text.ts'
import { fieldOf } from './foreign/is-instance.ts'
import { isRecord } from './is-record.ts'

/** One thing that is wrong with a value: where, and what. */
export interface Issue {
  /** Path of the field, for instance `['items', 0, 'quantity']`; empty for the value itself. */
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** The optional parts of a {@link ServiceError}. */
export interface ServiceErrorOptions {
  /** Whether the called handler may have started. Default: true (the careful answer). */
  readonly mayHaveRun?: boolean
  /** The declared failure's name, its data, and the operation (`service.operation`) that declares it. */
  readonly failure?: { readonly name: string; readonly data: unknown; readonly origin: string }
  /** What is wrong with the input, field by field; with code `invalid_argument`. */
  readonly issues?: readonly Issue[]
  /** What led to it. Stays in this process's log; never travels. */
  readonly cause?: unknown
}

/** The form in which an error crosses a boundary: no stack, no cause. */
export interface WireError {
  readonly code: Code
  readonly message: string
  readonly mayHaveRun: boolean
  readonly failure?: { readonly name: string; readonly data: unknown; readonly origin: string }
  readonly issues?: readonly Issue[]
}

/**
 * The one error type of Holon: a code of the closed set, a message meant for the caller, and, where the contract
 * declares it, a failure with typed data (narrow it with `isFailure`). Throw it in a handler to answer a call with it;
 * whatever else a handler throws reaches the caller as `internal` without its message or stack.
 *
 * @example
 * throw new ServiceError('not_found', `There is no order ${id}.`)
 */
export class ServiceError extends Error {
  override readonly name: string = 'ServiceError'
  readonly code: Code
  readonly mayHaveRun: boolean
  readonly failure: { readonly name: string; readonly data: unknown; readonly origin: string } | undefined
  readonly issues: readonly Issue[] | undefined
  /** Recognises the class across copies of this package. */
  readonly '~holon' = 'ServiceError' as const

  constructor(code: Code, message: string, options: ServiceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.mayHaveRun = options.mayHaveRun ?? true
    this.failure = options.failure
    this.issues = options.issues
  }

  /** Whether the same call, made again a little later, may succeed. See {@link codes}. */
  get retryable(): boolean {
    return codes[this.code].retryable
  }

  /** The plain form for a wire or a log line. */
  toJSON(): WireError {
    return {
      code: this.code,
      message: this.message,
      mayHaveRun: this.mayHaveRun,
      ...(this.failure && { failure: this.failure }),
      ...(this.issues && { issues: this.issues }),
    }
  }
}

/**
 * Whether `value` is a {@link ServiceError}, also one made by another copy of this package. Never throws. Of a value that
 * a handler threw, it tells the brand and not what else is in it: see {@link codeOf}.
 *
 * @example
 * const left = await ctx.inventory.left({ sku: 'p-1' }).catch((error: unknown) => {
 *   if (isServiceError(error) && error.code === 'deadline_exceeded') return undefined
 *   throw error
 * })
 */
export function isServiceError(value: unknown): value is ServiceError {
  return isRecord(value) && fieldOf(value, '~holon') === 'ServiceError'
}

/** The code of whatever was thrown: `internal` where it is no {@link ServiceError} with one of the 16. Never throws. */
export function codeOf(thrown: unknown): Code {
  const code = isServiceError(thrown) ? fieldOf(thrown, 'code') : undefined
  return isCode(code) ? code : 'internal'
}

/**
 * The failure that says of `resource_exhausted` that the server has no room left (a full disk, say), and not that the caller
 * has used up what is its own: the gateway answers 503 then instead of 429, in whichever service it happened.
 */
export const serverFull: NonNullable<WireError['failure']> = { name: 'server_full', data: undefined, origin: 'holon' }

/** Whether an error carries {@link serverFull}, also after it has crossed boundaries. */
export function isServerFull({ failure }: ServiceError): boolean {
  return failure?.name === serverFull.name && failure.origin === serverFull.origin
}

/** Rebuilds an error that crossed a boundary. What does not have the form of a {@link WireError} becomes `internal`. */
export function fromWireError(value: unknown): ServiceError {
  if (!isRecord(value)) return new ServiceError('internal', 'The peer sent a malformed error.')
  const { code, message, mayHaveRun, issues, failure } = value
  if (!isCode(code)) return new ServiceError('internal', 'The peer sent an error with an unknown code.')
  return new ServiceError(code, textual(message), {
    mayHaveRun: mayHaveRun !== false,
    ...(isRecord(failure) && { failure: toFailure(failure) }),
    ...(Array.isArray(issues) && { issues: issues.map(toIssue) }),
  })
}

function toFailure({ name, data, origin }: Record<string, unknown>): NonNullable<WireError['failure']> {
  return { name: textual(name), data, origin: textual(origin) }
}

/** An issue of which nothing is known for certain. */
function toIssue(value: unknown): Issue {
  const { path, message } = isRecord(value) ? value : {}
  const keys = Array.isArray(path) ? path : []
  return { path: keys.map((key: unknown) => (typeof key === 'number' ? key : textual(key))), message: textual(message) }
}

/** A text stays as it is, so that an error is the same after every hop. */
function textual(value: unknown): string {
  return typeof value === 'string' ? value : messageOf(value)
}

/**
 * Turns whatever a handler threw into the error its caller may see. A {@link ServiceError} keeps code, message,
 * failure and issues; anything else becomes `internal` that names only the place, with the original as `cause` for the
 * local log. In both cases the handler has run. Never throws.
 */
export function toServiceError(thrown: unknown, place: string): ServiceError {
  try {
    if (isServiceError(thrown) && isCode(thrown.code)) return asRun(thrown)
  } catch {
    // It has the brand of a ServiceError and nothing else of it.
  }
  return new ServiceError('internal', `Internal error in ${place}.`, { cause: thrown })
}

function asRun(error: ServiceError): ServiceError {
  if (error.mayHaveRun) return error
  return new ServiceError(error.code, error.message, {
    ...(error.failure && { failure: error.failure }),
    ...(error.issues && { issues: error.issues }),
    cause: error,
  })
}

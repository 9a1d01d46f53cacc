import type { Code } from '@holon/contract'
import { ServiceError, type ServiceErrorOptions } from '@holon/contract/error'

/** What an answer tells besides the error itself. */
export interface HttpErrorOptions extends ServiceErrorOptions {
  readonly status: number
  readonly type?: string | undefined
  readonly traceId?: string | undefined
  readonly retryAfterMs?: number | undefined
}

/**
 * The error of a call that was answered with one: what the gateway says in a problem document, or what can be told of
 * the answer of something else. It is a `ServiceError`, so code, `issues` and declared failures are read as they are
 * inside an app. Where there was no answer (no connection, deadline, cancelled), the error is a plain `ServiceError`.
 *
 * @example
 * if (error instanceof HttpError) console.error(`${error.message} (trace ${error.traceId})`)
 */
export class HttpError extends ServiceError {
  override readonly name: string = 'HttpError'
  /** Of the answer; of a stream that failed later, of the problem document in it. */
  readonly status: number
  /** The `type` of the problem document: a stable name. Undefined where the answer was none. */
  readonly type: string | undefined
  /** Finds the log lines of the app. Undefined where the gateway did not answer. */
  readonly traceId: string | undefined
  /** How long the answer asks to wait before the next try (`Retry-After`). */
  readonly retryAfterMs: number | undefined

  constructor(code: Code, message: string, options: HttpErrorOptions) {
    super(code, message, options)
    this.status = options.status
    this.type = options.type
    this.traceId = options.traceId
    this.retryAfterMs = options.retryAfterMs
  }
}

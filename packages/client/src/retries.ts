import { isServiceError } from '@holon/contract/error'
import { type Backoff, backoffMs, delay } from '@holon/contract/platform'

import type { Exchange, PreparedCall } from './exchange.ts'
import { HttpError } from './http-error.ts'

/** Statuses that may pass by themselves, whoever sends them. */
const passing: readonly number[] = [408, 429, 502, 503, 504]

const backoff: Backoff = { firstMs: 250, longestMs: 5000 }
/** What asks for more is told to the caller, who knows better whether to wait. */
const longestPauseMs = 30_000

/** Does `attempt`, and does it again where that is safe, may help, and leaves time. */
export async function withRetries<T>(exchange: Exchange, attempt: () => Promise<T>): Promise<T> {
  const { connection, call, pending } = exchange
  const { platform, retries } = connection
  for (let retry = 0; ; retry += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (retry >= retries || !mayPass(error) || !mayRepeat(error, call)) throw error
      const askedMs = error instanceof HttpError ? (error.retryAfterMs ?? 0) : 0
      // On top of what is asked for, which is the same for all who are asked.
      const pauseMs = askedMs + backoffMs(platform, retry + 1, backoff)
      if (pauseMs > longestPauseMs || pauseMs >= pending.remainingMs()) throw error
      await delay(platform, pauseMs, pending.signal)
    }
  }
}

/** A failure that the operation declares is its answer, whatever the status. */
function mayPass(error: unknown): boolean {
  if (error instanceof HttpError) return passing.includes(error.status) && error.failure === undefined
  return isServiceError(error) && error.code === 'unavailable'
}

/** Queries, streams that a GET begins (which is safe by RFC 9110), what has a key, and what surely has not run. */
function mayRepeat(error: unknown, { operation, request, idempotencyKey }: PreparedCall): boolean {
  const { kind } = operation.definition
  if (kind === 'query' || (kind === 'stream' && request.method === 'GET')) return true
  return idempotencyKey !== undefined || (isServiceError(error) && !error.mayHaveRun)
}

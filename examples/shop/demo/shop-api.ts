import { setTimeout as pause } from 'node:timers/promises'

/** An answer of the shop: its status, and its body if that was JSON. */
export interface Answer<Body = unknown> {
  readonly status: number
  readonly body: Body
}

export interface ShopRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  readonly idempotencyKey?: string
}

/** What all customers of a run share. */
export interface Traffic {
  readonly url: string
  readonly counts: { requests: number; retries: number }
  /** Gives everything up. */
  readonly signal: AbortSignal
}

const attemptTimeoutMs = 20_000
/** Long enough for a killed process to come back, short enough to notice one that does not. */
const giveUpAfterMs = 120_000
const longestPauseMs = 3_000

/**
 * Sends a request as a sensible client does: no answer, 429 and 5xx are tried again after a growing pause. Each request
 * of a customer may be repeated: it is a read, it sets a value, or it has an Idempotency-Key.
 */
export async function send<Body = unknown>(
  traffic: Traffic,
  request: ShopRequest,
  token?: string,
): Promise<Answer<Body>> {
  const giveUpAt = performance.now() + giveUpAfterMs
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await attemptOnce(traffic, request, token)
    if (outcome instanceof Error) {
      traffic.signal.throwIfAborted()
      if (performance.now() > giveUpAt) throw outcome
    } else if (outcome.status !== 429 && outcome.status < 500) {
      return outcome as Answer<Body> // what the caller of `send` expects of this path; the audit finds what is wrong
    } else if (performance.now() > giveUpAt) {
      throw new Error(`${request.method ?? 'GET'} ${request.path}: ${outcome.status} ${JSON.stringify(outcome.body)}`)
    }
    traffic.counts.retries += 1
    await pause(Math.min(100 * 2 ** attempt, longestPauseMs) * (0.5 + Math.random()), undefined, {
      signal: traffic.signal,
    })
  }
}

async function attemptOnce(
  { url, counts, signal }: Traffic,
  { method = 'GET', path, body, idempotencyKey }: ShopRequest,
  token: string | undefined,
): Promise<Answer | Error> {
  counts.requests += 1
  try {
    const response = await fetch(`${url}/api${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(attemptTimeoutMs)]),
    })
    const text = await response.text()
    const answered: unknown = text === '' ? undefined : JSON.parse(text)
    return { status: response.status, body: answered }
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

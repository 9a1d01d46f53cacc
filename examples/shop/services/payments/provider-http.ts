import { delay, type Platform, ServiceError } from 'holon'

/** An answer of the provider. It speaks forms, both ways. */
export interface ProviderAnswer {
  readonly status: number
  readonly fields: URLSearchParams
  readonly text: string
}

/** How the provider is reached. */
export interface ProviderAccess {
  readonly url: string
  readonly platform: Platform
  /** Ends all attempts. */
  readonly signal: AbortSignal
}

export interface ProviderRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly form?: Readonly<Record<string, string>>
}

const attemptTimeoutMs = 4_000
const attempts = 4
const firstPauseMs = 100

/**
 * Sends a request until the provider has dealt with it: a 5xx, a dropped connection and silence are tried again, after
 * a pause that doubles and has jitter. Every request of this provider may be repeated, because charges and reversals are
 * named by our reference.
 *
 * @throws ServiceError `unavailable` when no attempt got an answer; the provider may have done it all the same.
 */
export async function askProvider(access: ProviderAccess, request: ProviderRequest): Promise<ProviderAnswer> {
  const { platform, signal } = access
  let failure: unknown
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (attempt > 0) await delay(platform, firstPauseMs * 2 ** attempt * (0.5 + platform.random()), signal)
    const outcome = await attemptOnce(access, request)
    if ('answer' in outcome) return outcome.answer
    failure = outcome.failure
    signal.throwIfAborted()
  }
  throw new ServiceError('unavailable', 'The payment provider does not answer; try again later.', { cause: failure })
}

async function attemptOnce(
  { url, signal }: ProviderAccess,
  { method, path, form }: ProviderRequest,
): Promise<{ readonly answer: ProviderAnswer } | { readonly failure: unknown }> {
  try {
    const response = await fetch(new URL(path, url), {
      method,
      ...(form && { body: new URLSearchParams(form) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(attemptTimeoutMs)]),
    })
    const text = await response.text()
    if (response.status >= 500)
      return { failure: new Error(`The payment provider answered ${response.status}: ${text}`) }
    return { answer: { status: response.status, fields: new URLSearchParams(text), text } }
  } catch (failure) {
    return { failure }
  }
}

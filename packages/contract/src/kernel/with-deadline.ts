import type { Platform } from './platform.ts'

/** The bounds of {@link withDeadline}. */
export interface Deadline {
  readonly platform: Platform
  readonly timeoutMs: number
  readonly timeoutError: () => Error
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs `work` with a signal that aborts when the caller's does, or after `timeoutMs` with `timeoutError()`. Leaves
 * neither timer nor listener behind. It does not stop waiting by itself: `work` must heed the signal.
 */
export async function withDeadline<T>(deadline: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { platform, timeoutMs, timeoutError, signal } = deadline
  signal?.throwIfAborted()
  const controller = new AbortController()
  const onAbort = (): void => controller.abort(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  const timer = platform.setTimer(() => controller.abort(timeoutError()), timeoutMs)
  try {
    return await work(controller.signal)
  } finally {
    timer.cancel()
    signal?.removeEventListener('abort', onAbort)
  }
}

/** Rejects with the signal's reason as soon as it aborts. `dispose` must be called. */
export function rejectOnAbort(signal: AbortSignal): { readonly promise: Promise<never>; dispose(): void } {
  let onAbort = (): void => {}
  const promise = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  promise.catch(() => {}) // whoever races against it has seen it; alone it is no failure
  return { promise, dispose: () => signal.removeEventListener('abort', onAbort) }
}

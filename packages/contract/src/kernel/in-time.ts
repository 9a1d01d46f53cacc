import type { Deadline } from './with-deadline.ts'

/**
 * What `work` resolves with, or a rejection: its own, `timeoutError()` once `timeoutMs` are over, or the signal's reason as
 * soon as that aborts. What becomes of the work later, failures included, is nobody's concern here. It only stops waiting:
 * what can be stopped is run {@link withDeadline}. Leaves neither timer nor listener behind.
 */
export function inTime<T>({ platform, timeoutMs, timeoutError, signal }: Deadline, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      timer.cancel()
      signal?.removeEventListener('abort', onAbort)
    }
    const onAbort = (): void => {
      end()
      reject(signal?.reason)
    }
    const timer = platform.setTimer(() => {
      end()
      reject(timeoutError())
    }, timeoutMs)
    work.then(
      (result) => {
        end()
        resolve(result)
      },
      (error: unknown) => {
        end()
        reject(error)
      },
    )
    if (signal?.aborted === true) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
  })
}

import { type Items, ServiceError } from '@holon/contract'
import type { Call } from './call.ts'

/** Any kind of items as an async iterable. */
export async function* toAsync(items: Items<unknown>): AsyncGenerator<unknown> {
  yield* items
}

/**
 * The caller's items, watched: when their source throws, the caller gets that very error (`onError`), the call is
 * cancelled, and the handler sees `cancelled`. When the call is over, the source is let go.
 */
export async function* watchItems(items: Items<unknown>, call: Call, onError: (error: unknown) => void): AsyncGenerator<unknown> {
  try {
    yield* items
  } catch (error) {
    onError(error)
    const reason = new ServiceError('cancelled', `The items for ${call.operation} ended with an error.`, { cause: error })
    call.cancel(reason)
    throw reason
  }
}

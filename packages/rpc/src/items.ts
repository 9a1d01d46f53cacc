import type { Items } from '@holon/contract'
import { ServiceError } from '@holon/contract'

/** Any kind of items as an async iterable. */
export async function* toAsync(items: Items<unknown>): AsyncGenerator<unknown> {
  yield* items
}

/** The caller's items, watched: when their source throws, `onError` hears of it and the handler sees `cancelled`. */
export async function* watchItems(items: AsyncIterable<unknown>, onError: (error: unknown) => void): AsyncGenerator<unknown> {
  try {
    yield* items
  } catch (error) {
    onError(error)
    throw new ServiceError('cancelled', 'The items of the caller ended with an error.', { cause: error })
  }
}

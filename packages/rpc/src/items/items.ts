import { isInstance, type Items } from '@holon/contract'

/** What comes next, with a promise only where it has to be waited for: a promise for each item costs more than the item. */
export type Pulled = IteratorResult<unknown> | Promise<IteratorResult<unknown>>

/** Items that are taken one after the other. */
export interface ItemSource {
  /** Not called again before the result is there. May throw. */
  pull(): Pulled
  /** The reader takes no more. Resolves (where it is a promise) when the source has ended; may throw. */
  leave(): unknown
}

/** A source of any kind of items. An asynchronous one is left at once, also while an item is waited for. */
export function sourceOf(items: Items<unknown>): ItemSource {
  if (Symbol.asyncIterator in items) {
    const iterator = items[Symbol.asyncIterator]()
    // A foreign iterator may answer with any thenable.
    return { pull: () => Promise.resolve(iterator.next()), leave: () => iterator.return?.() }
  }
  const iterator = items[Symbol.iterator]()
  return {
    pull: () => {
      const result = iterator.next()
      return result.done !== true && isInstance(result.value, Promise<unknown>) ? settled(result.value) : result
    },
    leave: () => iterator.return?.(),
  }
}

async function settled(value: Promise<unknown>): Promise<IteratorResult<unknown>> {
  return { done: false, value: await value }
}

/** An iterator over any kind of items. One that is asynchronous is used as it is, so that leaving it reaches it at once. */
export function iteratorOf(items: Items<unknown>): AsyncIterator<unknown> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : toAsync(items)
}

/** Not a generator, whose `yield` waits for any thenable: of the items, only promises are waited for. */
function toAsync(items: Iterable<unknown>): AsyncIterator<unknown> {
  const source = sourceOf(items)
  return {
    next: async () => source.pull(),
    return: async () => {
      await source.leave()
      return { done: true, value: undefined }
    },
  }
}

/** Leaves a source. Not awaited, because a source that waits for something else would hold up what comes after. */
export function letGo(source: AsyncIterator<unknown> | ItemSource): void {
  const leave = async (): Promise<void> => void (await ('leave' in source ? source.leave() : source.return?.()))
  leave().catch(() => {})
}

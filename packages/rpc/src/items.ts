import type { Items } from '@holon/contract'

/** An iterator over any kind of items. One that is asynchronous is used as it is, so that leaving it reaches it at once. */
export function iteratorOf(items: Items<unknown>): AsyncIterator<unknown> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : toAsync(items)
}

async function* toAsync(items: Iterable<unknown>): AsyncGenerator<unknown> {
  yield* items
}

/** Leaves a source. Not awaited, because a source that waits for something else would hold up what comes after. */
export function letGo(source: AsyncIterator<unknown>): void {
  const leave = async (): Promise<void> => void (await source.return?.())
  leave().catch(() => {})
}

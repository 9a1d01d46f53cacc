import type { Platform } from '@holon/contract'

/** What the frames of an event stream are made from. */
export interface EventStream {
  readonly items: AsyncIterator<unknown>
  /** The first result, which the caller may have awaited already. */
  readonly first: Promise<IteratorResult<unknown>>
  /** Aborted when the reader is gone or the gateway stops; aborted by the stream itself when it has ended. */
  readonly ended: AbortController
  readonly platform: Platform
  /** The data of the `error` event. */
  describe(error: unknown): string
}

/** Proxies and browsers take a silent connection for a dead one. */
const heartbeatMs = 15_000
const heartbeat = ': heartbeat\n\n'

/**
 * The frames of a Server-Sent Events response (https://html.spec.whatwg.org/multipage/server-sent-events.html): a
 * `message` with a counting `id` for each item, a comment while nothing comes, `end` when the stream is complete,
 * `error` with a problem document when it fails. The next item is asked for only once the frame before it was taken.
 */
export async function* eventFrames(stream: EventStream): AsyncGenerator<string, void, void> {
  const { items, ended } = stream
  let next = stream.first
  try {
    for (let id = 1; ;) {
      const outcome = await settledOrPause(next, stream)
      if (outcome === 'ended') return
      if (outcome === 'pause') yield heartbeat
      else if (outcome.done === true) {
        yield 'event: end\ndata: null\n\n'
        return
      } else {
        yield `id: ${id}\nevent: message\ndata: ${JSON.stringify(outcome.value) ?? 'null'}\n\n`
        id += 1
        next = items.next()
      }
    }
  } catch (error) {
    yield `event: error\ndata: ${stream.describe(error)}\n\n`
  } finally {
    // Gives up the call where it still runs; what is still asked for settles by that, and nobody waits for it.
    ended.abort()
    next.catch(() => {})
    items.return?.().catch(() => {})
  }
}

/** Waits for the next item, but no longer than until the next heartbeat is due. */
function settledOrPause(
  next: Promise<IteratorResult<unknown>>,
  { ended: { signal }, platform }: EventStream,
): Promise<IteratorResult<unknown> | 'pause' | 'ended'> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve('ended')
    const timer = platform.setTimer(() => {
      release()
      resolve('pause')
    }, heartbeatMs)
    const end = (): void => {
      release()
      resolve('ended')
    }
    const release = (): void => {
      timer.cancel()
      signal.removeEventListener('abort', end)
    }
    signal.addEventListener('abort', end, { once: true })
    next.then(resolve, reject).finally(release)
  })
}

import type { Items } from '@holon/contract'
import type { Call } from './call.ts'
import type { BoundOperation, Dispatcher } from './dispatcher.ts'
import { toAsync } from './items.ts'

/** Calls a service of this process. The caller gets its answer, or the reason of a cancellation, whichever is first. */
export function callLocally(dispatcher: Dispatcher, bound: BoundOperation, call: Call, input: unknown, items: Items<unknown> | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const off = call.onCancel(reject)
    dispatcher.answer(bound, input, call, items && toAsync(items)).then(
      (value) => {
        off()
        resolve(value)
      },
      (error: unknown) => {
        off()
        reject(error)
      },
    )
  })
}

/** Streams from a service of this process, one item at a time, as the reader asks for them. */
export async function* streamLocally(dispatcher: Dispatcher, bound: BoundOperation, call: Call, input: unknown, items: Items<unknown> | undefined): AsyncGenerator<unknown> {
  const source = dispatcher.answerStream(bound, input, call, items && toAsync(items))
  let cancelled: (reason: unknown) => void = () => {}
  const cancellation = new Promise<never>((_resolve, reject) => (cancelled = reject))
  cancellation.catch(() => {}) // it is looked at only while a read waits
  const off = call.onCancel(cancelled)
  try {
    for (;;) {
      const result = await Promise.race([source.next(), cancellation])
      if (result.done === true) return
      yield result.value
    }
  } finally {
    off()
    // Not awaited: a handler that ignores its signal must not hold up the reader.
    source.return(undefined).catch(() => {})
  }
}

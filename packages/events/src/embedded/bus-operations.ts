import { Buffered } from './buffered.ts'
import type { Acks, Batch, NamedInput, PauseInput, PublishInput, RewindInput, SubscribeInput } from './bus-wire.ts'
import type { Member } from './hub.ts'
import type { Hubs } from './hubs.ts'

/** Answers one operation of the bus's contract. Its input has been checked against the contract, which the casts below rely on. */
export type BusHandler = (
  input: unknown,
  ctx: { readonly signal: AbortSignal },
  items?: AsyncIterable<unknown>,
) => unknown

/** The handlers of the bus's contract, over its hubs. */
export function busOperations(hubs: Hubs): BusOperations {
  return {
    publish: (input) => hubs.publish((input as PublishInput).messages),
    subscribe: (input, { signal }, items) =>
      serve(hubs, { input: input as SubscribeInput, signal, acks: items as AsyncIterable<Acks> }),
    subscriptions: () => hubs.reports(),
    setPaused: (input) => hubs.setPaused((input as PauseInput).subscription, (input as PauseInput).paused),
    rewind: (input) => {
      const { subscription, timeMs } = input as RewindInput
      return hubs.rewind(subscription, timeMs === undefined ? 'start' : { timeMs })
    },
    lag: (input) => hubs.lag((input as NamedInput).subscription),
    forget: (input) => hubs.forget((input as NamedInput).subscription),
  }
}

export type BusOperations = {
  readonly [K in 'publish' | 'subscribe' | 'subscriptions' | 'setPaused' | 'rewind' | 'lag' | 'forget']: BusHandler
}

interface Visit {
  readonly input: SubscribeInput
  readonly signal: AbortSignal
  readonly acks: AsyncIterable<Acks>
}

/** One member in another process, for as long as its stream lasts. */
async function* serve(hubs: Hubs, { input, signal, acks }: Visit): AsyncGenerator<Batch> {
  let epoch = 1
  const batches = new Buffered<Batch>(merge)
  const member: Member = {
    window: input.window,
    deliver: (loans) => {
      const plain = loans.map(({ sequence, redelivered, message }) => ({ sequence, redelivered, message }))
      batches.push({ epoch, loans: plain })
    },
    revoke: () => {
      epoch += 1
      batches.push({ epoch, loans: [] })
    },
  }
  const end = (): void => batches.end()
  signal.addEventListener('abort', end, { once: true })
  const { hub, leave } = await hubs.join(input, member)
  try {
    if (signal.aborted) return
    const acknowledging = (async () => {
      for await (const { epoch: of, sequences } of acks) if (of === epoch) hub.ack(member, sequences)
    })()
    // They end with the stream itself.
    acknowledging.catch(() => undefined)
    yield { epoch, loans: [] }
    yield* batches
  } finally {
    leave()
    signal.removeEventListener('abort', end)
  }
}

/** What waits to be sent of one epoch goes as one item; what an earlier epoch left is not worth sending. */
function merge(waiting: Batch, next: Batch): Batch {
  if (waiting.epoch < next.epoch) return next
  waiting.loans.push(...next.loans)
  return waiting
}

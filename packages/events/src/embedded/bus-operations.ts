import { inPieces } from '../in-pieces.ts'
import { Buffered } from './buffered.ts'
import {
  type Acks,
  type Batch,
  charactersPerCall,
  type NamedInput,
  type PauseInput,
  type PublishInput,
  type RewindInput,
  type SubscribeInput,
} from './bus-wire.ts'
import type { Member } from './hub.ts'
import type { Hubs } from './hubs.ts'

/** Answers one operation of the bus's contract. Its input, and its items, have been checked against the contract. */
export type BusHandler<Input = unknown> = (
  input: Input,
  ctx: { readonly signal: AbortSignal },
  items?: AsyncIterable<unknown>,
) => unknown

/** The handlers of the bus's contract, over its hubs. */
export function busOperations(hubs: Hubs): BusOperations {
  return {
    publish: ({ messages }) => hubs.publish(messages),
    subscribe: (input, { signal }, acks) => serve(hubs, { input, signal, acks }),
    subscriptions: () => hubs.reports(),
    setPaused: ({ subscription, paused }) => hubs.setPaused(subscription, paused),
    rewind: ({ subscription, timeMs }) => hubs.rewind(subscription, timeMs === undefined ? 'start' : { timeMs }),
    paused: ({ subscription }) => hubs.isPaused(subscription),
    lag: ({ subscription }) => hubs.lag(subscription),
    forget: ({ subscription }) => hubs.forget(subscription),
  }
}

export interface BusOperations {
  readonly publish: BusHandler<PublishInput>
  readonly subscribe: (
    input: SubscribeInput,
    ctx: { readonly signal: AbortSignal },
    acks: AsyncIterable<Acks>,
  ) => unknown
  readonly subscriptions: BusHandler
  readonly setPaused: BusHandler<PauseInput>
  readonly rewind: BusHandler<RewindInput>
  readonly paused: BusHandler<NamedInput>
  readonly lag: BusHandler<NamedInput>
  readonly forget: BusHandler<NamedInput>
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
  const unheard: (() => void)[] = []
  const member: Member = {
    window: input.window,
    deliver: (loans) => {
      const plain = loans.map(({ sequence, redelivered, message }) => ({ sequence, redelivered, message }))
      batches.push({ epoch, loans: plain })
    },
    revoke: () => {
      epoch += 1
      batches.push({ epoch, loans: [] })
      return new Promise((resolve) => unheard.push(resolve))
    },
  }
  /** It has said that it knows the newest epoch, or is gone. */
  const heard = (): void => {
    for (const resolve of unheard.splice(0)) resolve()
  }
  const end = (): void => batches.end()
  signal.addEventListener('abort', end, { once: true })
  const { hub, leave } = await hubs.join(input, member)
  try {
    if (signal.aborted) return
    const acknowledging = (async () => {
      for await (const { epoch: of, sequences } of acks) {
        if (of !== epoch) continue
        heard()
        hub.ack(member, sequences)
      }
    })()
    // They end with the stream itself.
    acknowledging.catch(() => undefined)
    yield { epoch, loans: [] }
    for await (const batch of batches) yield* inItems(batch)
  } finally {
    leave()
    heard()
    signal.removeEventListener('abort', end)
  }
}

/** A member's window of large messages is more than one item of a stream may be. */
function* inItems({ epoch, loans }: Batch): Generator<Batch> {
  for (const piece of inPieces(loans, charactersPerCall, ({ message }) => message.body.length))
    yield { epoch, loans: [...piece] }
}

/** What waits to be sent of one epoch goes as one item; what an earlier epoch left is not worth sending. */
function merge(waiting: Batch, next: Batch): Batch {
  if (waiting.epoch < next.epoch) return next
  waiting.loans.push(...next.loans)
  return waiting
}

import { isServiceError } from '@holon/contract'

import type { Bus, BusMessage } from '../bus.ts'
import { inPieces } from '../in-pieces.ts'
import { PublishFailure } from '../publish-failure.ts'
import { charactersPerCall } from './bus-wire.ts'

/** What surely fits into one frame of a link. Larger calls travel in parts, between which smaller ones overtake them. */
const bytesOfFrame = 64 * 1024
const mostBytesPerCharacter = 3
/** Attributes, key and id of one message. */
const overheadBytes = 1_000

type Call = (messages: readonly BusMessage[]) => Promise<unknown>

/**
 * Publishes through calls over a link: what is too much for one in several, one after the other. While a large call is on
 * its way, whoever publishes on one of its topics waits, so that batches keep the order in which they were given.
 */
export function linkPublisher(call: Call): Bus['publish'] {
  const busy = new Map<string, Promise<unknown>>()
  return async (messages) => {
    const pieces = cut(messages)
    if (pieces === undefined && busy.size === 0) return void (await call(messages))
    const topics = [...new Set(messages.map(({ topic }) => topic))]
    const before = topics.flatMap((topic) => busy.get(topic) ?? [])
    const done = Promise.all(before).then(() => callInTurn(call, pieces ?? [messages]))
    // Whoever waits is waited for, too.
    const over = done.catch(() => undefined)
    for (const topic of topics) busy.set(topic, over)
    try {
      await done
    } finally {
      for (const topic of topics) if (busy.get(topic) === over) busy.delete(topic)
    }
  }
}

/** Undefined: it is one small call. */
function cut(messages: readonly BusMessage[]): readonly (readonly BusMessage[])[] | undefined {
  let characters = 0
  for (const { body } of messages) characters += body.length
  if (characters * mostBytesPerCharacter + messages.length * overheadBytes <= bytesOfFrame) return undefined
  return inPieces(messages, charactersPerCall, ({ body }) => body.length)
}

async function callInTurn(call: Call, pieces: readonly (readonly BusMessage[])[]): Promise<void> {
  const stored = new Set<string>()
  for (const piece of pieces) {
    try {
      await call(piece)
    } catch (error) {
      throw isServiceError(error) && stored.size > 0 ? new PublishFailure(error, stored) : error
    }
    if (pieces.length > 1) for (const { id } of piece) stored.add(id)
  }
}

import { ServiceError } from '@holon/contract'

import type { Bus, BusMessage } from './bus.ts'
import { PublishFailure } from './publish-failure.ts'

/**
 * What every broker takes as it comes: with its attributes such an event stays below 1 MiB, the default of Kafka and NATS.
 * The same on every bus, so that what works on one works on all.
 */
const defaultMaxEventBytes = 1_000_000
/** The most that NATS can be configured to; the embedded bus's links carry twice that. */
const largestMaxEventBytes = 64_000_000
/** Room for attributes and framing: a key of 512 characters is percent-encoded twice on NATS. */
const overheadBytes = 48_000
const mostBytesPerCharacter = 3

/** The limit that a bus states. */
export interface EventLimit {
  /** How many bytes the data of one event may have, as JSON text in UTF-8. Default 1,000,000, at most 64,000,000. */
  readonly maxEventBytes?: number
}

/** How many bytes the data of an event may have, as JSON text in UTF-8. */
export function eventLimitOf({ maxEventBytes = defaultMaxEventBytes }: EventLimit): number {
  if (Number.isInteger(maxEventBytes) && maxEventBytes > 0 && maxEventBytes <= largestMaxEventBytes)
    return maxEventBytes
  throw new RangeError(`maxEventBytes is ${maxEventBytes}, but must be an integer from 1 to ${largestMaxEventBytes}.`)
}

/** The limit as a definition states it. Throws at once if it can be none. */
export function limitIn(options: EventLimit): EventLimit {
  eventLimitOf(options)
  const { maxEventBytes } = options
  return maxEventBytes === undefined ? {} : { maxEventBytes }
}

/** How many bytes a broker has to take for the largest event. */
export function messageLimitOf(limit: EventLimit): number {
  return eventLimitOf(limit) + overheadBytes
}

/** What is told of a broker, or of one of its topics, that takes less than the largest event; undefined where it takes it. */
export function limitProblem(
  limit: EventLimit,
  { takes, told }: { readonly takes: number; readonly told: string },
): Error | undefined {
  const needed = messageLimitOf(limit)
  if (takes >= needed) return undefined
  return new Error(`${told}, but an event may have ${needed}. Raise it, or lower maxEventBytes of the bus.`)
}

/** Undefined: the data of an event may go. */
export function oversize(what: string, data: string, maxEventBytes: number): ServiceError | undefined {
  const bytes = bytesAbove(maxEventBytes, data)
  return bytes === undefined ? undefined : tooLarge(what, bytes, maxEventBytes)
}

/**
 * The bus, with a limit for each message: what is larger is refused, and all that came with it is published. A dead letter
 * of a service without a store is an event with its story, so the limit is that of events and 48,000 bytes more.
 */
export function limitEvents(bus: Bus, limit: EventLimit): Bus {
  const maxEventBytes = eventLimitOf(limit)
  const maxBytes = messageLimitOf(limit)
  const fits = ({ body }: BusMessage): boolean => bytesAbove(maxBytes, body) === undefined
  return {
    publish: (messages) => {
      if (messages.every(fits)) return bus.publish(messages)
      return publishRest(bus, messages, { fits, maxEventBytes })
    },
    subscribe: (options, deliver) => bus.subscribe(options, deliver),
    close: () => bus.close(),
  }
}

async function publishRest(
  bus: Bus,
  messages: readonly BusMessage[],
  { fits, maxEventBytes }: { readonly fits: (message: BusMessage) => boolean; readonly maxEventBytes: number },
): Promise<never> {
  const rest = messages.filter(fits)
  await bus.publish(rest)
  const refused = messages.find((message) => !fits(message))
  const what = refused === undefined ? 'a message' : `${refused.topic} ${refused.id}`
  const refusal = tooLarge(what, Buffer.byteLength(refused?.body ?? ''), maxEventBytes)
  throw new PublishFailure(refusal, new Set(rest.map(({ id }) => id)))
}

/** How many bytes a text has, if it has more than `most`. They are counted only where its length leaves that open. */
function bytesAbove(most: number, text: string): number | undefined {
  if (text.length * mostBytesPerCharacter <= most) return undefined
  const bytes = Buffer.byteLength(text)
  return bytes > most ? bytes : undefined
}

function tooLarge(what: string, bytes: number, maxEventBytes: number): ServiceError {
  return new ServiceError(
    'invalid_argument',
    `The data of ${what} has ${bytes} bytes, but an event may have at most ${maxEventBytes} (maxEventBytes of the bus). Put what is large into a store, and publish where it is.`,
    { mayHaveRun: false },
  )
}

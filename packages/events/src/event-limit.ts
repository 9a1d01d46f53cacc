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

/** Undefined: the data may go. Its bytes are counted only where its length leaves it open. */
export function oversize(what: string, data: string, maxEventBytes: number): ServiceError | undefined {
  if (data.length * mostBytesPerCharacter <= maxEventBytes) return undefined
  const bytes = Buffer.byteLength(data)
  if (bytes <= maxEventBytes) return undefined
  return new ServiceError(
    'invalid_argument',
    `The data of ${what} has ${bytes} bytes, but an event may have at most ${maxEventBytes} (maxEventBytes of the bus). Put what is large into a store, and publish where it is.`,
    { mayHaveRun: false },
  )
}

/** The bus, with a limit for the data of one message: what is larger is refused, and all that came with it is published. */
export function limitEvents(bus: Bus, maxEventBytes: number): Bus {
  const refusalOf = ({ topic, id, body }: BusMessage): ServiceError | undefined =>
    oversize(`${topic} ${id}`, body, maxEventBytes)
  return {
    publish: (messages) => {
      const refusal = firstOf(messages, refusalOf)
      if (refusal === undefined) return bus.publish(messages)
      const rest = messages.filter((message) => refusalOf(message) === undefined)
      const stored = new Set(rest.map(({ id }) => id))
      return bus.publish(rest).then(() => {
        throw new PublishFailure(refusal, stored)
      })
    },
    subscribe: (options, deliver) => bus.subscribe(options, deliver),
    close: () => bus.close(),
  }
}

function firstOf<T, R>(items: readonly T[], probe: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = probe(item)
    if (found !== undefined) return found
  }
  return undefined
}

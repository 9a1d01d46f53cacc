import { type ContractEvent, type TraceContext, ServiceError } from '@holon/contract'

import type { BusMessage } from './bus.ts'

/** What a handler is told about the event besides its data. */
export interface EventInfo {
  /** Unique; the same each time this event is delivered. What handlers without a store recognise repetitions by. */
  readonly id: string
  /** `orders.placed`. */
  readonly type: string
  readonly key: string
  /** `/app/service` that published it. */
  readonly source: string
  readonly publishedAt: Date
  /** 1 for the first try. Tries of an earlier delivery are known only if they may have ended their process. */
  readonly attempt: number
}

export function eventInfo({ id, topic, key, attributes, timeMs }: BusMessage, attempt: number): EventInfo {
  return { id, type: topic, key, source: attributes['source'] ?? '', publishedAt: new Date(timeMs), attempt }
}

/** Reads the data of a message as the subscriber's contract has it: checked, without what it does not know. */
export async function readData(event: ContractEvent, { id, body, attributes }: BusMessage): Promise<unknown> {
  let sent: unknown
  try {
    sent = JSON.parse(body)
  } catch (error) {
    throw new Mismatch(`The data of ${event.id} ${id} is not JSON.`, { cause: error })
  }
  const parsed = await event.compiled.data.parse(sent)
  if (parsed.issues === undefined) return parsed.value
  const named = parsed.issues.map(({ path, message }) => `${path.join('.') || 'data'}: ${message}`).join('; ')
  const under = attributes['dataschema'] ?? 'an unknown version'
  throw new Mismatch(
    `The data of ${event.id} ${id}, published under ${under}, does not match this subscriber's contract: ${named}`,
    {},
  )
}

/** A message that no number of tries will make acceptable. */
export class Mismatch extends ServiceError {
  constructor(message: string, options: { readonly cause?: unknown }) {
    super('invalid_argument', message, { ...options, mayHaveRun: false })
  }
}

/** A message that ended the process that handled it, too often to be tried again. */
export class Crash extends Error {
  override readonly name: string = 'Crash'
}

/** The trace that a message belongs to; undefined where it carries none, or a malformed one. */
export function traceOf({ attributes }: BusMessage): Pick<TraceContext, 'traceId' | 'spanId' | 'sampled'> | undefined {
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(attributes['traceparent'] ?? '')
  const [, traceId, spanId, flags] = match ?? []
  if (traceId === undefined || spanId === undefined) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags ?? '0', 16) & 1) === 1 }
}

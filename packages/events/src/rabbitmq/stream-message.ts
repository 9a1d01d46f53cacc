import type { AsyncMessage } from 'rabbitmq-client'

import type { BusMessage } from '../bus.ts'
import { amqpBinary, unpackMessage } from '../partitions/binary-mode.ts'

/** The header of marks: messages without an event, which whoever opens a stream leaves there, so that none is ever empty. */
const markHeader = 'holon-first'
const timeHeader = 'holon-time'

/** A message as it was read from a stream. */
export interface StreamMessage {
  readonly offset: number
  readonly timeMs: number
  /** Nothing to deliver. */
  readonly isMark: boolean
  readonly raw: AsyncMessage
}

/** A mark that was found: what tells a stream from another one that was made under its name. */
export interface Landmark {
  readonly offset: number
  readonly id: string
}

export function eventHeaders(timeMs: number): Record<string, string> {
  return { [timeHeader]: String(timeMs) }
}

export function markHeaders(timeMs: number): Record<string, string> {
  return { ...eventHeaders(timeMs), [markHeader]: 'true' }
}

export function toStreamMessage(raw: AsyncMessage): StreamMessage {
  const headers: Readonly<Record<string, unknown>> = raw.headers ?? {}
  const timeMs = Number(headers[timeHeader] ?? (raw.timestamp ?? 0) * 1000)
  return { offset: Number(headers['x-stream-offset']), timeMs, isMark: headers[markHeader] !== undefined, raw }
}

/** The event in a stream's message. */
export function toBusMessage(topic: string, { offset, timeMs, raw }: StreamMessage): BusMessage {
  const headers = Object.entries<unknown>(raw.headers ?? {}).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [[name, String(value)]] : [],
  )
  const { contentType, messageId } = raw
  const fallbackId = messageId ?? `${topic}-${raw.routingKey}-${offset}`
  return unpackMessage({ topic, headers, contentType, fallbackId, body: bytesOf(raw), timeMs }, amqpBinary)
}

/** The client parses JSON whose encoding is not named; Holon's own messages name it. */
function bytesOf({ body, contentType }: AsyncMessage): Uint8Array {
  const content: unknown = body
  if (content instanceof Uint8Array) return content
  return Buffer.from(contentType === 'text/plain' ? String(content) : JSON.stringify(content))
}

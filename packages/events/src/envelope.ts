import { type EventEnvelope, isRecord, ServiceError } from '@holon/contract'
import type { OutboxRecord } from '@holon/data'

import type { BusMessage } from './bus.ts'

/** Everything of an envelope but its data. */
export type EventAttributes = Omit<EventEnvelope, 'data'>

const dataMark = ',"data":'

interface SplitEnvelope {
  readonly attributes: Record<string, string>
  /** JSON text. */
  readonly data: string
}

/** The envelope as JSON text; `data` is JSON text too. */
export function joinEnvelope(attributes: Readonly<Record<string, string>> | EventAttributes, data: string): string {
  return `${JSON.stringify(attributes).slice(0, -1)}${dataMark}${data}}`
}

/**
 * Attributes and data of an envelope that {@link joinEnvelope} has written. The data stays text: nobody between
 * publisher and handler needs to read it. Inside a JSON string every quote is escaped, so the first mark is the real one.
 */
export function splitEnvelope(envelope: string): SplitEnvelope {
  const at = envelope.indexOf(dataMark)
  if (at === -1) throw new TypeError(`An envelope without data: ${envelope.slice(0, 200)}`)
  const attributes: unknown = JSON.parse(`${envelope.slice(0, at)}}`)
  if (!areTexts(attributes)) throw new TypeError('An envelope with attributes that are no texts.')
  return { attributes, data: envelope.slice(at + dataMark.length, -1) }
}

function areTexts(attributes: unknown): attributes is Record<string, string> {
  if (!isRecord(attributes)) return false
  for (const name in attributes) if (typeof attributes[name] !== 'string') return false
  return true
}

interface MadeEvent {
  readonly id: string
  readonly topic: string
  readonly key: string
  readonly attributes: EventAttributes
  /** JSON text. */
  readonly data: string
}

/** An event that was just made. Its envelope is written when it is stored; what goes straight to the bus needs none. */
export class MadeRecord implements OutboxRecord {
  readonly id: string
  readonly topic: string
  readonly key: string
  readonly attributes: EventAttributes
  readonly data: string
  readonly notBefore?: number

  constructor({ id, topic, key, attributes, data }: MadeEvent, notBefore: number | undefined) {
    this.id = id
    this.topic = topic
    this.key = key
    this.attributes = attributes
    this.data = data
    if (notBefore !== undefined) this.notBefore = notBefore
  }

  get envelope(): string {
    return joinEnvelope(this.attributes, this.data)
  }
}

/** A record as a bus carries it. Throws `invalid_argument` for an envelope that something else than Holon has written wrongly. */
export function toBusMessage(record: Pick<OutboxRecord, 'id' | 'topic' | 'key' | 'envelope'>): BusMessage {
  const { id, topic, key } = record
  if (record instanceof MadeRecord) {
    const { attributes, data } = record
    return { id, topic, key, attributes, body: data, timeMs: Date.parse(attributes.time) }
  }
  const { attributes, data } = readEnvelope(record)
  const timeMs = Date.parse(attributes['time'] ?? '')
  return { id, topic, key, attributes, body: data, timeMs: Number.isNaN(timeMs) ? 0 : timeMs }
}

function readEnvelope({ id, topic, envelope }: Pick<OutboxRecord, 'id' | 'topic' | 'envelope'>): SplitEnvelope {
  try {
    return splitEnvelope(envelope)
  } catch (cause) {
    throw new ServiceError('invalid_argument', `The envelope of ${topic} ${id} cannot be read.`, { cause })
  }
}

/** A message as it is stored with a dead letter. */
export function toEnvelope({ attributes, body }: BusMessage): string {
  return joinEnvelope(attributes, body)
}

import type { BusMessage } from '../bus.ts'

/** How one protocol carries a CloudEvent in binary mode: attributes as headers, `datacontenttype` as content type. */
export interface BinaryMode {
  /** Before each attribute's name. */
  readonly prefix: string
  /** That prefix and those of others that are understood too, in lower case. */
  readonly known: readonly string[]
  /** Name of the header that is the content type; undefined where the protocol has a property for it. */
  readonly contentType: string | undefined
  /** The attribute that carries the key where the protocol has no place of its own for it. */
  readonly keyAttribute: 'partitionkey' | undefined
  readonly encode: (value: string) => string
  readonly decode: (value: string) => string
}

const same = (value: string): string => value
const needsPercent = /[^\u0021\u0023\u0024\u0026-\u007e]/u
const utf8 = new TextDecoder()

/** https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/nats-protocol-binding.md */
export const natsBinary: BinaryMode = {
  prefix: 'ce-',
  known: ['ce-'],
  contentType: 'content-type',
  keyAttribute: 'partitionkey',
  // As in the HTTP binding: what is not printable ASCII, space, quote and percent are percent-encoded.
  encode: (value) =>
    needsPercent.test(value)
      ? value.replaceAll(/[^\u0021\u0023\u0024\u0026-\u007e]/gu, (character) => percent(character))
      : value,
  decode: (value) => (value.includes('%') ? value.replaceAll(/(?:%[0-9a-f]{2})+/giu, unpercent) : value),
}

/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md */
export const amqpBinary: BinaryMode = {
  prefix: 'cloudEvents_',
  known: ['cloudevents_', 'cloudevents:'],
  contentType: undefined,
  keyAttribute: 'partitionkey',
  encode: same,
  decode: same,
}

/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md */
export const kafkaBinary: BinaryMode = {
  prefix: 'ce_',
  known: ['ce_'],
  contentType: 'content-type',
  // The record's own key is the partition key.
  keyAttribute: undefined,
  encode: same,
  decode: same,
}

export interface Packed {
  readonly headers: Readonly<Record<string, string>>
  readonly contentType: string
}

/** The headers of a message. */
export function packAttributes({ attributes, key }: BusMessage, mode: BinaryMode): Packed {
  const { datacontenttype: contentType = 'application/json', ...others } = attributes
  const headers: Record<string, string> = {}
  for (const name in others) {
    const value = others[name]
    if (value !== undefined) headers[mode.prefix + name] = mode.encode(value)
  }
  if (mode.keyAttribute !== undefined) headers[mode.prefix + mode.keyAttribute] = mode.encode(key)
  if (mode.contentType !== undefined) headers[mode.contentType] = contentType
  return { headers, contentType }
}

export interface Received {
  readonly topic: string
  readonly headers: Iterable<readonly [string, string]>
  /** From the protocol's own property, where it has one. */
  readonly contentType?: string | undefined
  /** From the protocol's own place for it, where it has one. */
  readonly key?: string | undefined
  /** Names the message where its producer has not. */
  readonly fallbackId: string
  /** JSON text in UTF-8. */
  readonly body: Uint8Array
  readonly timeMs: number
}

/** The message that arrived. Foreign producers may leave out what Holon's always say. */
export function unpackMessage(received: Received, mode: BinaryMode): BusMessage {
  const attributes: Record<string, string> = {}
  let { contentType, key } = received
  for (const [header, value] of received.headers) {
    const name = attributeName(header, mode)
    if (name === undefined) {
      if (header.toLowerCase() === mode.contentType) contentType = value
    } else if (name === mode.keyAttribute) key = mode.decode(value)
    else attributes[name] = mode.decode(value)
  }
  if (contentType !== undefined) attributes['datacontenttype'] = contentType
  const id = attributes['id'] ?? received.fallbackId
  key = key || attributes['subject'] || id || received.fallbackId
  const body = utf8.decode(received.body)
  return { id, topic: received.topic, key, attributes, body, timeMs: received.timeMs }
}

function attributeName(header: string, { known }: BinaryMode): string | undefined {
  const name = header.toLowerCase()
  for (const prefix of known) if (name.startsWith(prefix)) return name.slice(prefix.length)
  return undefined
}

function percent(character: string): string {
  return [...new TextEncoder().encode(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('')
}

function unpercent(encoded: string): string {
  const bytes = encoded
    .slice(1)
    .split('%')
    .map((hex) => Number.parseInt(hex, 16))
  return new TextDecoder().decode(Uint8Array.from(bytes))
}

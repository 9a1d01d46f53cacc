import { type MessageToProduce, murmur2 } from '@platformatic/kafka'

import type { BusMessage } from '../bus.ts'
import { kafkaBinary, packAttributes } from '../partitions/binary-mode.ts'

/** A message as the client sends it. */
export interface KafkaRecord extends MessageToProduce<Buffer, Buffer, Buffer, Buffer> {
  readonly topic: string
  readonly partition: number
  readonly key: Buffer
  readonly value: Buffer
  readonly source: BusMessage
  /** In a record batch, at most. */
  readonly bytes: number
}

/** What Kafka takes at once; each as the brokers have it unless configured otherwise, or less. */
const recordsPerRequest = 5000
/** `socket.request.max.bytes` is 100 MiB, and a batch has to be stored within the time of a request. */
const bytesPerRequest = 16 * 1024 * 1024
const batchBytes = 61
const recordBytes = 40
const headerBytes = 10

export function toRecord(message: BusMessage, partitions: number): KafkaRecord {
  const key = Buffer.from(message.key)
  const value = Buffer.from(message.body)
  const headers = new Map<Buffer, Buffer>()
  let bytes = recordBytes + key.length + value.length
  for (const [name, text] of Object.entries(packAttributes(message, kafkaBinary).headers)) {
    const [header, content] = [Buffer.from(name), Buffer.from(text)]
    headers.set(header, content)
    bytes += headerBytes + header.length + content.length
  }
  // The partitioner of the Java client, so that foreign producers agree on a key's partition.
  const partition = (murmur2(key) & 0x7fff_ffff) % partitions
  const timestamp = BigInt(Math.trunc(message.timeMs))
  return { topic: message.topic, partition, key, value, headers, timestamp, source: message, bytes }
}

/**
 * Cuts records into requests, in order. A request has one record batch for each partition, and that may have no more bytes
 * than the topic takes.
 */
export function toRequests(
  records: readonly KafkaRecord[],
  limitOf: (topic: string) => number,
): readonly (readonly KafkaRecord[])[] {
  const requests: (readonly KafkaRecord[])[] = []
  let from = 0
  let total = 0
  let batches = new Map<string, number[]>()
  for (const [index, { topic, partition, bytes }] of records.entries()) {
    const batch = batches.get(topic)?.[partition] ?? batchBytes
    const isFull =
      index - from === recordsPerRequest || total + bytes > bytesPerRequest || batch + bytes > limitOf(topic)
    if (isFull && index > from) {
      requests.push(records.slice(from, index))
      from = index
      total = 0
      batches = new Map()
    }
    total += bytes
    const sizes = batches.get(topic) ?? []
    sizes[partition] = (sizes[partition] ?? batchBytes) + bytes
    batches.set(topic, sizes)
  }
  requests.push(records.slice(from))
  return requests
}

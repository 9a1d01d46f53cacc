import type { Consumer } from '@platformatic/kafka'

import { kafkaBinary, unpackMessage } from '../partitions/binary-mode.ts'
import type { Holding } from './holdings.ts'
import type { KafkaSession } from './kafka-session.ts'
import { type FetchedRecord, fetchFrom, leadersOf } from './partition-fetch.ts'

export interface PartitionReaderOptions {
  readonly session: KafkaSession
  readonly holdings: readonly Holding[]
  /** Reading has failed and does not go on: a broker is gone, or a leader has moved. */
  readonly onFailure: () => void
}

/** While some partition has no room, its next request must not wait long for messages of the others. */
const shortWaitMs = 100

/** Reads partitions until it is closed: one connection and one request at a time for each broker that leads some of them. */
export class PartitionReader {
  readonly #options: PartitionReaderOptions
  readonly #client: Consumer
  #closed = false

  constructor(options: PartitionReaderOptions) {
    this.#options = options
    this.#client = options.session.consumer(`${options.session.prefix}-reader`)
    this.#readAll().catch(() => {
      if (!this.#closed) options.onFailure()
    })
  }

  /** What is on its way is dropped. */
  close(): void {
    this.#closed = true
    this.#client.close(true).catch(() => undefined)
  }

  async #readAll(): Promise<void> {
    const leaders = await leadersOf(this.#client, this.#options.holdings)
    await Promise.all([...leaders].map(([node, places]) => this.#read(node, places)))
  }

  async #read(node: number, holdings: readonly Holding[]): Promise<void> {
    const longWaitMs = this.#options.session.timeoutMs / 2
    while (!this.#closed) {
      // A partition without room holds up no other.
      const ready = holdings.filter(({ lane }) => !lane.full)
      if (ready.length === 0) {
        await Promise.race(holdings.map(({ lane }) => lane.room()))
        continue
      }
      const waitMs = ready.length < holdings.length ? shortWaitMs : longWaitMs
      const fetched = await fetchFrom(this.#client, { node, positions: ready, waitMs })
      if (this.#closed) return
      for (const { next, records, ...place } of fetched) {
        const holding = ready.find(({ topic, partition }) => topic === place.topic && partition === place.partition)
        if (holding === undefined) continue
        holding.next = next
        for (const record of records) holding.lane.take({ position: record.offset, message: toMessage(record) })
      }
    }
  }
}

function toMessage(record: FetchedRecord): ReturnType<typeof unpackMessage> {
  const { topic, partition, offset, timeMs, key, value, headers } = record
  const fallbackId = `${topic}-${partition}-${offset}`
  const body = value ?? Buffer.from('null')
  return unpackMessage(
    { topic, headers, key: key === null ? undefined : String(key), fallbackId, body, timeMs },
    kafkaBinary,
  )
}

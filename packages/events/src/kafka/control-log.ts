import { delay } from '@holon/contract'
import { type Consumer, Producer } from '@platformatic/kafka'

import type { KafkaSession } from './kafka-session.ts'
import { fetchFrom, leadersOf } from './partition-fetch.ts'

const retryMs = 200

/** What members of subscriptions tell each other for good: a compacted topic that each of them reads as a whole. */
export class ControlLog {
  readonly #session: KafkaSession
  readonly #values = new Map<string, unknown>()
  readonly #watchers = new Set<(key: string) => void>()
  readonly #ending = new AbortController()
  readonly #producer: Producer
  readonly #running: Promise<void>
  #consumer: Consumer | undefined
  #next = 0

  constructor(session: KafkaSession) {
    this.#session = session
    this.#producer = new Producer({ ...session.clientOptions(), acks: -1 })
    this.#producer.on('error', () => undefined)
    this.#running = this.#run()
  }

  get(key: string): unknown {
    return this.#values.get(key)
  }

  /** Calls back when a value has changed, until the returned function is called. */
  watch(callback: (key: string) => void): () => void {
    this.#watchers.add(callback)
    return () => void this.#watchers.delete(callback)
  }

  /** Stores values by their keys; resolves once this member has read them back. */
  async put(entries: readonly (readonly [key: string, value: unknown])[]): Promise<void> {
    if (entries.length === 0) return
    const topic = this.#session.controlName
    await this.#session.controlTopic()
    const messages = entries.map(([key, value]) => ({
      topic,
      key: Buffer.from(key),
      value: Buffer.from(JSON.stringify(value)),
    }))
    await this.#session.within(this.#producer.send({ messages }))
    await this.upToDate()
  }

  /** Resolves once everything that was stored before the call has been read. */
  async upToDate(): Promise<void> {
    const { controlName, options, timeoutMs } = this.#session
    await this.#session.controlTopic()
    const offsets = await this.#session.offsets([controlName], 'latest')
    const end = Number(offsets.get(controlName)?.[0] ?? 0n)
    const endMs = options.platform.monotonicMs() + timeoutMs
    while (this.#next < end) {
      if (options.platform.monotonicMs() > endMs) throw new Error(`The topic ${controlName} could not be read.`)
      await delay(options.platform, 5)
    }
  }

  async close(): Promise<void> {
    this.#ending.abort()
    await Promise.allSettled([
      this.#session.within(this.#producer.close()),
      this.#session.within(this.#consumer?.close(true) ?? Promise.resolve()),
    ])
    await this.#session.within(this.#running).catch(() => undefined)
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending
    while (!signal.aborted) {
      try {
        await this.#session.controlTopic()
        this.#consumer = this.#session.consumer(`${this.#session.prefix}-control`)
        await this.#read(this.#consumer)
      } catch {
        // The cluster cannot be reached, or the leader has moved: begin anew with what is read already.
        this.#consumer?.close(true).catch(() => undefined)
        await delay(this.#session.options.platform, retryMs, signal).catch(() => undefined)
      }
    }
  }

  async #read(consumer: Consumer): Promise<void> {
    const { controlName: topic, timeoutMs } = this.#session
    const [node = -1] = (await leadersOf(consumer, [{ topic, partition: 0 }])).keys()
    while (!this.#ending.signal.aborted) {
      const positions = [{ topic, partition: 0, next: this.#next }]
      for (const { next, records } of await fetchFrom(consumer, { node, positions, waitMs: timeoutMs / 2 })) {
        for (const { key, value } of records) {
          if (key === null || value === null) continue
          this.#values.set(String(key), JSON.parse(String(value)))
          for (const watcher of this.#watchers) watcher(String(key))
        }
        this.#next = next
      }
    }
  }
}

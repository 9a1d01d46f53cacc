import { delay, isServiceError, ServiceError } from '@holon/contract'
import { Producer } from '@platformatic/kafka'

import type { BusMessage } from '../bus.ts'
import { isRefusal, toPublishFailure } from '../publish-failure.ts'
import { unavailable } from '../unavailable.ts'
import type { KafkaSession } from './kafka-session.ts'
import { canSendAgain, refusalIn, storedIn } from './produce-outcome.ts'
import { type KafkaRecord, toRecord, toRequests } from './requests.ts'

/** A new leader of a partition is known by then. */
const retryMs = 200

/** A call of `publish`. */
interface Publication {
  readonly messages: readonly BusMessage[]
  readonly done: PromiseWithResolvers<void>
}

/** Why messages were not stored. */
type Unstored = Map<BusMessage, ServiceError>

/** Publishes by one request at a time. */
export class KafkaPublisher {
  readonly #session: KafkaSession
  #producer: Producer | undefined
  #waiting: Publication[] = []
  #busy = false
  #sending: Promise<void> | undefined

  constructor(session: KafkaSession) {
    this.#session = session
  }

  publish(messages: readonly BusMessage[]): Promise<void> {
    const done = Promise.withResolvers<void>()
    this.#waiting.push({ messages, done })
    if (!this.#busy) this.#sending = this.#sendAll()
    return done.promise
  }

  /** Ends what is being published, and disconnects. */
  async close(): Promise<void> {
    await this.#sending
    await this.#dropProducer()
  }

  /** One request at a time, with all that waits: this keeps the order, and makes large requests under load. */
  async #sendAll(): Promise<void> {
    this.#busy = true
    for (let waiting = this.#takeWaiting(); waiting.length > 0; waiting = this.#takeWaiting()) {
      const messages = waiting.length === 1 ? (waiting[0]?.messages ?? []) : waiting.flatMap((each) => each.messages)
      const unstored: Unstored = new Map()
      await this.#store(messages, unstored)
      const failure = failureIn(unstored)
      if (failure !== undefined) {
        // A topic that was deleted on the server is made anew.
        for (const { topic } of messages) this.#session.topics.forget(topic)
        // What came later must not be stored before what failed, which is published again.
        const later = this.#takeWaiting()
        await this.#dropProducer()
        for (const each of later) each.done.reject(failure)
      }
      for (const each of waiting) settle(each, unstored)
    }
    // In the same turn as the look that found nothing: who publishes next begins anew.
    this.#busy = false
  }

  #takeWaiting(): readonly Publication[] {
    const waiting = this.#waiting
    this.#waiting = []
    return waiting
  }

  /** Stores messages, and notes why some are not. After a failure no more are sent: they might be of the same key. */
  async #store(messages: readonly BusMessage[], unstored: Unstored): Promise<void> {
    const records = await this.#toRecords(messages, unstored)
    for (const request of toRequests(records, (topic) => this.#session.batchLimit(topic)))
      await this.#send(request, unstored)
  }

  async #toRecords(messages: readonly BusMessage[], unstored: Unstored): Promise<readonly KafkaRecord[]> {
    const topics = new Map<string, number | ServiceError>()
    for (const { topic } of messages) {
      if (topics.has(topic)) continue
      topics.set(topic, await this.#session.within(this.#session.topics.get(topic)).catch(toFailure))
    }
    const records: KafkaRecord[] = []
    for (const message of messages) {
      const partitions = topics.get(message.topic)
      if (typeof partitions === 'number') records.push(toRecord(message, partitions))
      else if (partitions !== undefined) unstored.set(message, partitions)
    }
    return records
  }

  /**
   * What fails is sent again, as the leader of a partition may be another now. What the brokers refuse is sent again by
   * halves, until it is known which record it is.
   */
  async #send(records: readonly KafkaRecord[], unstored: Unstored): Promise<void> {
    const before = failureIn(unstored)
    if (before !== undefined) return note(records, before, unstored)
    const { left, error } = await this.#sendInTime(records)
    if (left.length === 0) return
    const refusal = refusalIn(error)
    if (refusal === undefined) return note(left, toFailure(error), unstored)
    if (left.length === 1) return note(left, refused(left, refusal), unstored)
    const middle = Math.ceil(left.length / 2)
    await this.#send(left.slice(0, middle), unstored)
    await this.#send(left.slice(middle), unstored)
  }

  /** Sends records again until they are stored or refused, or the time is over. What is stored is not sent again. */
  async #sendInTime(records: readonly KafkaRecord[]): Promise<{ left: readonly KafkaRecord[]; error?: unknown }> {
    const { timeoutMs, options } = this.#session
    const { platform } = options
    const endMs = platform.monotonicMs() + timeoutMs
    const producer = (this.#producer ??= this.#newProducer())
    for (let left = records; ;) {
      try {
        await this.#session.within(producer.send({ messages: [...left] }))
        return { left: [] }
      } catch (error) {
        const isStored = storedIn(error)
        left = left.filter((record) => !isStored(record))
        const isOver = platform.monotonicMs() + retryMs > endMs
        if (left.length === 0 || isOver || refusalIn(error) !== undefined || !canSendAgain(error))
          return { left, error }
        producer.clearMetadata()
        await delay(platform, retryMs)
      }
    }
  }

  #newProducer(): Producer {
    // It would send all records of a request again, also those that are stored.
    const retriesNothing = { retries: 0, repeatOnStaleMetadata: false }
    const producer = new Producer({ ...this.#session.clientOptions(), ...retriesNothing, acks: -1 })
    producer.on('error', () => undefined)
    return producer
  }

  async #dropProducer(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    if (producer !== undefined) await this.#session.within(producer.close()).catch(() => undefined)
  }
}

function settle({ messages, done }: Publication, unstored: Unstored): void {
  const failure = unstored.size === 0 ? undefined : toPublishFailure(messages, (message) => unstored.get(message))
  if (failure === undefined) done.resolve()
  else done.reject(failure)
}

/** Why something may be stored if it is sent again. */
function failureIn(unstored: Unstored): ServiceError | undefined {
  for (const reason of unstored.values()) if (!isRefusal(reason)) return reason
  return undefined
}

function toFailure(error: unknown): ServiceError {
  return isServiceError(error) ? error : unavailable('Kafka did not store all messages', error)
}

function note(records: readonly KafkaRecord[], reason: ServiceError, unstored: Unstored): void {
  for (const { source } of records) unstored.set(source, reason)
}

function refused([record]: readonly KafkaRecord[], cause: Error): ServiceError {
  const what = record === undefined ? 'a message' : `${record.topic} ${record.source.id} (${record.bytes} bytes)`
  const message = `Kafka refuses ${what}: ${cause.message}`
  return new ServiceError('invalid_argument', message, { cause, mayHaveRun: false })
}

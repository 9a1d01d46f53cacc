import { isServiceError, ServiceError } from '@holon/contract'
import { JetStreamApiError } from '@nats-io/jetstream'
import { headers, InvalidArgumentError, NoRespondersError, TimeoutError } from '@nats-io/transport-node'

import { WriteOrder } from '../broker/write-order.ts'
import type { BusMessage } from '../bus.ts'
import { inPieces } from '../in-pieces.ts'
import { natsBinary, packAttributes } from '../partitions/binary-mode.ts'
import { partitionOf } from '../partitions/partition-of.ts'
import { isRefusal, toPublishFailure } from '../publish-failure.ts'
import { unavailable } from '../unavailable.ts'
import type { NatsSession, Topic } from './nats-session.ts'

/** How much is on its way without an answer: more would not be stored within the time of a request. */
const charactersInFlight = 8_000_000
/** Larger than the stream takes, with its data or with its headers. */
const refusals: ReadonlySet<number> = new Set([10_054, 10_097])

/** Publishes over one connection, with the answers to many batches under way at a time. */
export class NatsPublisher {
  readonly #session: NatsSession
  readonly #order = new WriteOrder()

  constructor(session: NatsSession) {
    this.#session = session
  }

  async publish(messages: readonly BusMessage[]): Promise<void> {
    const pieces = inPieces(messages, charactersInFlight, ({ body }) => body.length)
    const answers = await this.#order.write(() => this.#sendAll(pieces))
    const results = await Promise.allSettled(answers)
    if (results.length === messages.length && results.every(isStored)) return
    // A stream that was deleted on the server is made anew.
    for (const { topic } of messages) this.#session.topics.forget(topic)
    const reasons = results.map(reasonOf)
    // What has no answer was not sent, because of a failure before it.
    const unsent = reasons.find(isFailure) ?? unavailable(notAll)
    const failure = toPublishFailure(messages, (_, index) => (index < reasons.length ? reasons[index] : unsent))
    if (failure) throw failure
  }

  /** Resolves when nothing is being written. */
  idle(): Promise<void> {
    return this.#order.idle()
  }

  /** Resolves to the answers, in the order of the messages. Each piece follows when the one before is stored. */
  async #sendAll(pieces: readonly (readonly BusMessage[])[]): Promise<readonly Promise<unknown>[]> {
    const [first = [], ...others] = pieces
    let answers = await this.#send(first)
    for (const piece of others) {
      const reasons = (await Promise.allSettled(answers)).map(reasonOf)
      if (reasons.some(isFailure)) break
      const next = this.#send(piece).catch((error: unknown) => [Promise.reject(error)])
      answers = [...answers, ...(await next)]
    }
    return answers
  }

  async #send(messages: readonly BusMessage[]): Promise<readonly Promise<unknown>[]> {
    const session = this.#session
    if (!session.connected) throw unavailable('NATS cannot be reached')
    const names = [...new Set(messages.map(({ topic }) => topic))]
    const topics = new Map<string, Topic>()
    try {
      for (const name of names) topics.set(name, await session.topics.get(name))
    } catch (error) {
      if (isServiceError(error)) throw error
      throw unavailable('NATS cannot make a stream', error)
    }
    return messages.map((message) => {
      const topic = topics.get(message.topic)
      if (topic === undefined) throw new Error(`Topic '${message.topic}' was not opened.`)
      return publishOn(session, topic, message)
    })
  }
}

/** What the client itself refuses concerns this message alone. */
function publishOn({ streams }: NatsSession, topic: Topic, message: BusMessage): Promise<unknown> {
  try {
    const head = headers()
    for (const [name, value] of Object.entries(packAttributes(message, natsBinary).headers)) head.append(name, value)
    const subject = topic.subject(partitionOf(message.key, topic.partitions))
    return streams.publish(subject, message.body, { msgID: message.id, headers: head })
  } catch (error) {
    return Promise.reject(error)
  }
}

const notAll = 'NATS did not store all messages'

function isStored({ status }: PromiseSettledResult<unknown>): boolean {
  return status === 'fulfilled'
}

/** Why a message is not stored. */
function reasonOf(result: PromiseSettledResult<unknown>): ServiceError | undefined {
  if (result.status === 'fulfilled') return undefined
  const { reason }: { readonly reason: unknown } = result
  if (isServiceError(reason)) return reason
  const isForGood =
    reason instanceof InvalidArgumentError || (reason instanceof JetStreamApiError && refusals.has(reason.code))
  if (isSilence(reason)) return unavailable(silent)
  if (!isForGood) return unavailable(notAll, reason)
  return new ServiceError('invalid_argument', `NATS refuses a message: ${reason.message}.`, { cause: reason })
}

/** The connection is there, but not JetStream. It does not come back by itself after its disk was full (seen with 2.9). */
const silent =
  'NATS is there, but its JetStream does not answer. If its disk is or was full, make room and restart the server: it does not recover by itself'

function isSilence(reason: unknown): boolean {
  if (!(reason instanceof Error)) return false
  return [reason, reason.cause].some((each) => each instanceof TimeoutError || each instanceof NoRespondersError)
}

/** Publishing it again may succeed. */
function isFailure(reason: ServiceError | undefined): boolean {
  return reason !== undefined && !isRefusal(reason)
}

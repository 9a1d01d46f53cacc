import { isServiceError, randomId, ServiceError } from '@holon/contract'
import { JetStreamApiError } from '@nats-io/jetstream'
import { headers, InvalidArgumentError, NoRespondersError, TimeoutError } from '@nats-io/transport-node'

import type { Bus, BusMessage, BusSubscription, Delivery, SubscribeOptions } from '../bus.ts'
import { inPieces } from '../in-pieces.ts'
import { natsBinary, packAttributes } from '../partitions/binary-mode.ts'
import { partitionOf } from '../partitions/partition-of.ts'
import { isRefusal, toPublishFailure } from '../publish-failure.ts'
import { busClosed, unavailable } from '../unavailable.ts'
import { type NatsOptions, NatsSession, type Topic } from './nats-session.ts'
import { NatsSubscription } from './nats-subscription.ts'

/**
 * A bus on NATS JetStream, from server 2.9 upward. It connects when it is first used, and comes back by itself when
 * the connection is lost; meanwhile `publish` rejects with `unavailable`.
 *
 * @example
 * import { natsBus } from '@holon/events/nats-bus'
 *
 * export const bus = natsBus({ platform: ctx.platform, url: 'nats://127.0.0.1:4222' })
 */
export function natsBus(options: NatsOptions): Bus {
  return new NatsBus(options)
}

/** How much is on its way without an answer: more would not be stored within the time of a request. */
const charactersInFlight = 8_000_000
/** Larger than the stream takes, with its data or with its headers. */
const refusals: ReadonlySet<number> = new Set([10_054, 10_097])

class NatsBus implements Bus {
  readonly #options: NatsOptions
  readonly #open = new Set<BusSubscription>()
  #session: Promise<NatsSession> | undefined
  #sending: Promise<unknown> = Promise.resolve()
  #closed: Promise<void> | undefined

  constructor(options: NatsOptions) {
    this.#options = options
  }

  async publish(messages: readonly BusMessage[]): Promise<void> {
    this.#assertOpen()
    if (messages.length === 0) return
    const pieces = inPieces(messages, charactersInFlight, ({ body }) => body.length)
    // One after the other until the messages are written, so that batches keep their order; answers are waited for together.
    const sent = this.#sending.then(() => this.#sendAll(pieces))
    this.#sending = sent.catch(() => undefined)
    const answers = await sent
    const results = await Promise.allSettled(answers)
    if (results.length === messages.length && results.every(isStored)) return
    const session = await this.#connect()
    // A stream that was deleted on the server is made anew.
    for (const { topic } of messages) session.forgetTopic(topic)
    const reasons = results.map(reasonOf)
    // What has no answer was not sent, because of a failure before it.
    const unsent = reasons.find(isFailure) ?? unavailable(notAll)
    const failure = toPublishFailure(messages, (_, index) => (index < reasons.length ? reasons[index] : unsent))
    if (failure) throw failure
  }

  async subscribe(options: SubscribeOptions, deliver: (delivery: Delivery) => void): Promise<BusSubscription> {
    this.#assertOpen()
    try {
      const session = await this.#connect()
      const { platform } = this.#options
      const self = randomId(platform, 9)
      const subscription = await NatsSubscription.open({ ...options, session, platform, self, deliver })
      this.#open.add(subscription)
      return subscription
    } catch (error) {
      if (isServiceError(error)) throw error
      throw unavailable(`NATS cannot serve the subscription '${options.subscription}'`, error)
    }
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
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
    const session = await this.#connect()
    if (!session.connected) throw unavailable('NATS cannot be reached')
    const names = [...new Set(messages.map(({ topic }) => topic))]
    const topics = new Map<string, Topic>()
    try {
      for (const name of names) topics.set(name, await session.topic(name))
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

  #connect(): Promise<NatsSession> {
    if (this.#session === undefined) {
      const opening = NatsSession.open(this.#options).catch((error: unknown) => {
        this.#session = undefined
        throw unavailable(`NATS cannot be reached at ${[this.#options.url].flat().join(', ')}`, error)
      })
      this.#session = opening
    }
    return this.#session
  }

  #assertOpen(): void {
    if (this.#closed) throw busClosed()
  }

  async #close(): Promise<void> {
    await this.#sending
    await Promise.allSettled([...this.#open].map((subscription) => subscription.close()))
    const session = await this.#session?.catch(() => undefined)
    await session?.close()
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

import { ServiceError } from '@holon/contract'
import {
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type StreamInfo,
  JetStreamApiError,
} from '@nats-io/jetstream'
import { type KV, Kvm } from '@nats-io/kv'
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node'

import { type BrokerOptions, brokerDefaults } from '../broker/broker-options.ts'
import { OpenedTopics } from '../broker/opened-topics.ts'
import { limitProblem } from '../event-limit.ts'
import { encodeName } from '../partitions/encode-name.ts'
import { unavailable } from '../unavailable.ts'

/** Options of the bus on NATS. */
export interface NatsOptions extends BrokerOptions {
  /** Servers, for instance `nats://127.0.0.1:4222`. */
  readonly url: string | readonly string[]
  /** Copies of streams and of the bucket, in a cluster. Default 1. */
  readonly replicas?: number
  /** Told of what is configured so that it will fail one day. */
  readonly onError?: (error: unknown) => void
  /** Credentials, TLS and what else the client takes. */
  readonly connection?: Omit<NodeConnectionOptions, 'servers'>
}

/** A topic's stream. */
export interface Topic {
  readonly name: string
  readonly stream: string
  readonly partitions: number
  /** When it was made: what tells it from another one that was made under its name. */
  readonly created: string
  subject(partition: number): string
}

const bucketOf = (prefix: string): string => `${prefix}-subscriptions`
const nanosPerMs = 1_000_000
/**
 * The server may still be deleting a stream that is gone already. One that is made meanwhile under its name loses its
 * files to that, and what it has acknowledged with them (seen with 2.9).
 */
const deletingMs = 800

/** A connection that comes back by itself, with the streams and the bucket that Holon uses. */
export class NatsSession {
  readonly connection: NatsConnection
  readonly streams: JetStreamClient
  readonly state: KV
  readonly prefix: string
  /** Topics with their streams, which are made where they are not there. */
  readonly topics: OpenedTopics<Topic> = new OpenedTopics((name) => this.#openTopic(name))
  connected = true
  readonly #manager: JetStreamManager
  readonly #options: NatsOptions
  /** The streams that were there once, and since when they are missed. */
  readonly #seen = new Map<string, number | undefined>()
  readonly #watchers = new Set<(connected: boolean) => void>()

  private constructor(
    options: NatsOptions,
    parts: { connection: NatsConnection; manager: JetStreamManager; state: KV },
  ) {
    this.#options = options
    this.#manager = parts.manager
    this.prefix = options.prefix ?? brokerDefaults.prefix
    this.connection = parts.connection
    this.state = parts.state
    this.streams = jetstream(parts.connection, { timeout: timeoutOf(options) })
  }

  static async open(options: NatsOptions): Promise<NatsSession> {
    const { url, prefix = brokerDefaults.prefix, replicas = 1 } = options
    const timeout = timeoutOf(options)
    const connection = await connect({
      servers: [url].flat(),
      name: prefix,
      timeout,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 200,
      reconnectJitter: 200,
      pingInterval: 5000,
      maxPingOut: 2,
      // Otherwise each request captures two stack traces: a quarter of what publishing costs.
      noAsyncTraces: true,
      ...options.connection,
    })
    try {
      const manager = await jetstreamManager(connection, { timeout })
      const bucket = await new Kvm(jetstream(connection, { timeout })).create(bucketOf(prefix), {
        history: 1,
        replicas,
        timeout,
      })
      const session = new NatsSession(options, { connection, manager, state: bucket })
      void session.#followStatus()
      session.#checkLimit()
      return session
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  /** Calls back when the connection is lost and when it is there again, until the returned function is called. */
  watch(callback: (connected: boolean) => void): () => void {
    this.#watchers.add(callback)
    return () => void this.#watchers.delete(callback)
  }

  /** Number of the stream's last message. */
  async head({ stream }: Topic): Promise<number> {
    const { state } = await this.#manager.streams.info(stream)
    return state.last_seq
  }

  /** How many messages of a partition come from `start` on. */
  async pending(topic: Topic, partition: number, start: StartPolicy): Promise<number> {
    const info = await this.#manager.consumers.add(topic.stream, {
      ...start,
      ack_policy: 'none',
      filter_subject: topic.subject(partition),
      inactive_threshold: 5000 * nanosPerMs,
      mem_storage: true,
      num_replicas: 1,
    })
    await this.#manager.consumers.delete(topic.stream, info.name)
    return info.num_pending
  }

  /** Removes the records whose keys match, with all trace of them: the bucket itself would keep a mark of each for good. */
  async erase(keys: string): Promise<void> {
    const bucket = bucketOf(this.prefix)
    await this.#manager.streams.purge(`KV_${bucket}`, { filter: `$KV.${bucket}.${keys}` })
  }

  async close(): Promise<void> {
    this.#watchers.clear()
    await this.connection.close()
  }

  #checkLimit(): void {
    const takes = this.connection.info?.max_payload ?? Infinity
    const told = `NATS takes messages of ${takes} bytes at most (max_payload)`
    const problem = limitProblem(this.#options, { takes, told })
    if (problem) this.#options.onError?.(problem)
  }

  /** Finds a topic's stream, or makes it. Its number of partitions is the one that it was made with. */
  async #openTopic(name: string): Promise<Topic> {
    if (!/^[^\s.*>]+(\.[^\s.*>]+)*$/.test(name)) {
      throw new ServiceError(
        'invalid_argument',
        `'${name}' cannot be a topic: NATS allows no empty part, space, '*' or '>'.`,
      )
    }
    const { partitions, keepMs, replicas = 1 } = { ...brokerDefaults, ...this.#options }
    const stream = `${this.prefix}-${encodeName(name)}`
    const found = await this.#findStream(stream)
    if (found === undefined) this.#checkDeleted(stream)
    const info =
      found ??
      (await this.#manager.streams.add({
        name: stream,
        description: `Events ${name} in ${partitions} partitions.`,
        subjects: [`${this.prefix}.events.${name}.*`],
        num_replicas: replicas,
        max_age: keepMs * nanosPerMs,
        duplicate_window: Math.min(keepMs, 120_000) * nanosPerMs,
      }))
    this.#seen.set(stream, undefined)
    const described = / in (\d+) partitions/.exec(info.config.description ?? '')?.[1]
    const subject = (partition: number): string => `${this.prefix}.events.${name}.${partition}`
    const count = described === undefined ? partitions : Number(described)
    return { name, stream, partitions: count, created: info.created, subject }
  }

  /** @throws ServiceError `unavailable` when the stream has just been deleted. */
  #checkDeleted(stream: string): void {
    if (!this.#seen.has(stream)) return
    const nowMs = this.#options.platform.monotonicMs()
    const missedMs = this.#seen.get(stream) ?? nowMs
    this.#seen.set(stream, missedMs)
    if (nowMs - missedMs < deletingMs)
      throw unavailable(`The stream ${stream} was deleted; it is made anew in a moment`)
  }

  async #findStream(stream: string): Promise<StreamInfo | undefined> {
    try {
      return await this.#manager.streams.info(stream)
    } catch (error) {
      if (error instanceof JetStreamApiError && error.status === 404) return undefined
      throw error
    }
  }

  async #followStatus(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type !== 'disconnect' && type !== 'reconnect') continue
      this.connected = type === 'reconnect'
      for (const watcher of this.#watchers) watcher(this.connected)
    }
    this.connected = false
  }
}

/** Where a consumer begins, in JetStream's words. */
export type StartPolicy =
  | { readonly deliver_policy: 'by_start_sequence'; readonly opt_start_seq: number }
  | { readonly deliver_policy: 'by_start_time'; readonly opt_start_time: string }

function timeoutOf({ timeoutMs = brokerDefaults.timeoutMs }: NatsOptions): number {
  return timeoutMs
}

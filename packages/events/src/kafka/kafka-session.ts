import { delay, inTime, messageOf, ServiceError } from '@holon/contract'
import {
  Admin,
  type BaseOptions,
  ConfigResourceTypes,
  Consumer,
  findErrorBy,
  ListOffsetTimestamps,
} from '@platformatic/kafka'

import { type BrokerOptions, brokerDefaults } from '../broker/broker-options.ts'
import { OpenedTopics } from '../broker/opened-topics.ts'
import { limitProblem, messageLimitOf } from '../event-limit.ts'

/** Options of the bus on Kafka. */
export interface KafkaOptions extends BrokerOptions {
  /** Bootstrap brokers, `host:port`. */
  readonly brokers: readonly string[]
  /** Copies of topics that are made from now on. Default 1. */
  readonly replicas?: number
  /** After what silence a member is taken for dead. Brokers allow 6 s and more unless configured. Default 6 s. */
  readonly sessionTimeoutMs?: number
  /** Told of what is configured so that it will fail one day. */
  readonly onError?: (error: unknown) => void
  /** TLS, SASL and what else the client takes. */
  readonly connection?: Partial<Omit<BaseOptions, 'bootstrapBrokers' | 'clientId'>>
}

const batchLimitName = 'max.message.bytes'
/** `message.max.bytes` of brokers that are not configured otherwise. */
const defaultBatchBytes = 1_048_588

/** A partition of a topic. */
export interface Place {
  readonly topic: string
  readonly partition: number
}

/** Clients of one cluster, and the topics that Holon uses. */
export class KafkaSession {
  readonly options: KafkaOptions
  readonly prefix: string
  readonly timeoutMs: number
  /** Numbers of partitions of topics, which are made where they are not there. */
  readonly topics: OpenedTopics<number> = new OpenedTopics((name) => this.#openTopic(name))
  readonly #admin: Admin
  readonly #reader: Consumer
  readonly #batchLimits = new Map<string, number>()
  readonly #messageLimit: number

  constructor(options: KafkaOptions) {
    this.options = options
    this.prefix = options.prefix ?? brokerDefaults.prefix
    this.timeoutMs = options.timeoutMs ?? brokerDefaults.timeoutMs
    this.#messageLimit = messageLimitOf(options)
    this.#admin = new Admin(this.clientOptions())
    this.#reader = this.consumer(`${this.prefix}-reader`)
    // Failures reach whoever waits; without a listener Node would end the process.
    this.#admin.on('error', () => undefined)
  }

  clientOptions(): BaseOptions {
    const { brokers, connection } = this.options
    return {
      timeout: this.timeoutMs,
      connectTimeout: this.timeoutMs,
      retries: 1,
      retryDelay: 200,
      ...connection,
      clientId: this.prefix,
      bootstrapBrokers: [...brokers],
    }
  }

  /** A client that reads or takes part in a group. */
  consumer(groupId: string): Consumer {
    const { sessionTimeoutMs = 6000 } = this.options
    const consumer = new Consumer({
      ...this.clientOptions(),
      groupId,
      autocommit: false,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: Math.max(sessionTimeoutMs, 10_000),
      heartbeatInterval: Math.floor(sessionTimeoutMs / 6),
      // A long poll must not be taken for a broker that is gone.
      maxWaitTime: Math.floor(this.timeoutMs / 2),
    })
    consumer.on('error', () => undefined)
    return consumer
  }

  /** How many bytes a record batch of a topic that was opened may have. */
  batchLimit(topic: string): number {
    return this.#batchLimits.get(topic) ?? defaultBatchBytes
  }

  /** Kafka's ids of topics: one that was deleted and made anew has another. */
  async idsOf(topics: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const found = (await this.#admin.metadata({ topics: [...topics], forceUpdate: true })).topics
    return new Map(topics.map((name) => [name, found.get(name)?.id ?? '']))
  }

  controlTopic(): Promise<number> {
    return this.topics.get(this.controlName)
  }

  get controlName(): string {
    return `${this.prefix}.control`
  }

  /** The offsets that come next (`latest`), are kept (`earliest`), or begin at a time; by topic and partition. */
  async offsets(topics: readonly string[], at: 'latest' | 'earliest' | number): Promise<Map<string, bigint[]>> {
    if (typeof at === 'number') return this.#reader.listOffsets({ topics: [...topics], timestamp: BigInt(at) })
    const timestamp = at === 'latest' ? ListOffsetTimestamps.LATEST : ListOffsetTimestamps.EARLIEST
    return this.#reader.listOffsets({ topics: [...topics], timestamp })
  }

  async deleteGroup(group: string): Promise<void> {
    await this.#admin.deleteGroups({ groups: [group] })
  }

  /** The promise, or a rejection when it takes longer than `timeoutMs`. */
  within<T>(promise: Promise<T>, timeoutMs: number = this.timeoutMs): Promise<T> {
    const timeoutError = (): Error => new ServiceError('unavailable', `Kafka did not answer within ${timeoutMs} ms.`)
    return inTime({ platform: this.options.platform, timeoutMs, timeoutError }, promise)
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.within(this.#admin.close()), this.within(this.#reader.close(true))])
  }

  #openTopic(name: string): Promise<number> {
    if (name === this.controlName) return this.#createTopic(name, 1, { 'cleanup.policy': 'compact' })
    const { partitions, keepMs } = { ...brokerDefaults, ...this.options }
    return this.#createTopic(name, partitions, {
      'retention.ms': String(keepMs),
      ...(this.#messageLimit > defaultBatchBytes && { [batchLimitName]: String(this.#messageLimit) }),
    })
  }

  async #createTopic(name: string, partitions: number, settings: Readonly<Record<string, string>>): Promise<number> {
    if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name)) {
      const message = `'${name}' cannot be a topic: Kafka allows letters, digits, '.', '_' and '-', at most 249 of them.`
      throw new ServiceError('invalid_argument', message)
    }
    const { replicas = 1 } = this.options
    const configs = Object.entries(settings).map(([key, value]) => ({ name: key, value }))
    try {
      await this.#admin.createTopics({ topics: [name], partitions, replicas, configs })
    } catch (error) {
      if (findErrorBy(toError(error), 'apiId', 'TOPIC_ALREADY_EXISTS') === null) throw error
    }
    const found = await this.#partitionsOf(name)
    await this.#readBatchLimit(name)
    return found
  }

  /** Whoever may not ask gets the default; batches that prove too large are halved. */
  async #readBatchLimit(topic: string): Promise<void> {
    const resources = [
      { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configurationKeys: [batchLimitName] },
    ]
    const found = await this.#admin.describeConfigs({ resources }).catch(() => [])
    const limit = Number(found[0]?.configs[0]?.value)
    if (!Number.isInteger(limit) || limit <= 0) return
    this.#batchLimits.set(topic, limit)
    const told = `The topic ${topic} takes ${limit} bytes at most (${batchLimitName})`
    const problem = limitProblem(this.options, { takes: limit, told })
    if (problem) this.options.onError?.(problem)
  }

  /** A topic that was just made is not known everywhere at once. */
  async #partitionsOf(name: string): Promise<number> {
    const { platform } = this.options
    const endMs = platform.monotonicMs() + this.timeoutMs
    for (;;) {
      try {
        const { topics } = await this.#admin.metadata({ topics: [name], forceUpdate: true })
        const found = topics.get(name)
        if (found !== undefined && found.partitions.every(({ leader }) => leader >= 0)) return found.partitionsCount
      } catch (error) {
        if (platform.monotonicMs() > endMs) throw error
      }
      if (platform.monotonicMs() > endMs) throw new Error(`The topic ${name} has no leaders.`)
      await delay(platform, 20)
    }
  }
}

export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error))
}

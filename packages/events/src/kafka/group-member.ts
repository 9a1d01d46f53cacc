import { delay } from '@holon/contract'
import type { Consumer } from '@platformatic/kafka'

import type { KafkaSession, Place } from './kafka-session.ts'

export interface GroupMemberOptions {
  readonly session: KafkaSession
  readonly group: string
  readonly topics: readonly string[]
  /** The group has given this member partitions; earlier ones are void. A rejection makes it begin anew. */
  readonly onAssigned: (places: readonly Place[]) => Promise<void>
  /** The group shares out anew, or cannot be reached: others may have what this member had. */
  readonly onRevoked: () => void
  /** The member is about to leave while all is well. */
  readonly onLeave: () => Promise<void>
}

const retryMs = 200

/** Takes part in a consumer group; begins anew whenever that fails, until closed. */
export class GroupMember {
  readonly #options: GroupMemberOptions
  readonly #ending = new AbortController()
  readonly #ended = Promise.withResolvers<void>()
  readonly #running: Promise<void>
  #client: Consumer | undefined
  #memberId: string | null = null
  #restart: () => void = () => undefined

  constructor(options: GroupMemberOptions) {
    this.#options = options
    this.#ending.signal.addEventListener('abort', () => this.#ended.resolve())
    this.#running = this.#run()
  }

  /** The client that is in the group, or on its way there. */
  get client(): Consumer | undefined {
    return this.#client
  }

  /** Leaves and joins again, after something failed that the client does not mend by itself. */
  restart(): void {
    this.#restart()
  }

  async close(): Promise<void> {
    this.#ending.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { session, group, topics, onRevoked } = this.#options
    while (!this.#ending.signal.aborted) {
      const client = session.consumer(group)
      try {
        await this.#takePart(client)
      } catch {
        // The cluster cannot be reached, a leader has moved, or a topic is gone: begin anew, and make it anew.
        for (const topic of topics) session.topics.forget(topic)
      }
      onRevoked()
      this.#client = undefined
      await session.within(client.close(true)).catch(() => undefined)
      await delay(session.options.platform, retryMs, this.#ending.signal).catch(() => undefined)
    }
  }

  /** Joins and works until something fails or the member is closed. */
  async #takePart(client: Consumer): Promise<void> {
    const { topics, session, onLeave, onRevoked } = this.#options
    const { promise: failed, reject } = Promise.withResolvers<never>()
    failed.catch(() => undefined)
    this.#restart = () => reject(new Error('The member begins anew.'))
    for (const topic of topics) await session.within(session.topics.get(topic))
    client.topics.trackAll(...topics)
    // As the member that it was, so that the group need not wait for one that will not come back.
    client.memberId = this.#memberId
    client.on('consumer:group:rebalance', onRevoked)
    client.on('consumer:heartbeat:error', this.#restart)
    client.on('consumer:heartbeat:stalled', this.#restart)
    client.on('error', this.#restart)
    client.on('consumer:group:join', () => this.#onJoin(client, reject))
    this.#client = client
    await Promise.race([client.joinGroup(), failed, this.#ended.promise])
    await Promise.race([failed, this.#ended.promise])
    await onLeave().catch(() => undefined)
    onRevoked()
    await session.within(Promise.resolve(client.leaveGroup())).catch(() => undefined)
  }

  #onJoin(client: Consumer, fail: (error: unknown) => void): void {
    this.#memberId = client.memberId
    const places = (client.assignments ?? []).flatMap(({ topic, partitions }) =>
      partitions.map((partition): Place => ({ topic, partition })),
    )
    this.#options.onAssigned(places).catch(fail)
  }
}

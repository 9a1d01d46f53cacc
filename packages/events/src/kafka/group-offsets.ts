import { delay } from '@holon/contract'
import type { Consumer } from '@platformatic/kafka'

import { type Holding, nextToDo } from './holdings.ts'
import type { KafkaSession, Place } from './kafka-session.ts'

export interface GroupOffsetsOptions {
  readonly session: KafkaSession
  readonly topics: readonly string[]
  /** The client that is in the group now, if any. */
  readonly member: () => Consumer | undefined
  readonly holdings: () => readonly Holding[]
  readonly signal: AbortSignal
}

const commitMs = 100

/** How far a subscription is, as the coordinator of its group has it. */
export class GroupOffsets {
  readonly #options: GroupOffsetsOptions
  #soon = false

  constructor(options: GroupOffsetsOptions) {
    this.#options = options
  }

  /** The stored offset of each partition, -1 for none; by topic and partition. */
  async stored(): Promise<Map<string, bigint[]>> {
    const { session, topics } = this.#options
    const wanted = await Promise.all(
      topics.map(async (topic) => ({
        topic,
        partitions: Array.from({ length: await session.topics.get(topic) }, (_, n) => n),
      })),
    )
    const member = this.#options.member()
    if (member === undefined) throw new Error('Not connected.')
    return session.within(member.listCommittedOffsets({ topics: wanted }))
  }

  /** Stores what has changed. The coordinator refuses it from a member that it has given up. */
  async commit(): Promise<void> {
    const { session } = this.#options
    const changed = this.#options.holdings().filter((holding) => nextToDo(holding) !== holding.committed)
    const member = this.#options.member()
    if (changed.length === 0 || member === undefined) return
    const offsets = changed.map((holding) => {
      const { topic, partition } = holding
      holding.committed = nextToDo(holding)
      return { topic, partition, offset: BigInt(holding.committed), leaderEpoch: -1 }
    })
    try {
      await session.within(member.commit({ offsets }))
    } catch (error) {
      for (const holding of changed) holding.committed = -1
      throw error
    }
  }

  /** Stores what has changed in a moment, together with what changes until then. */
  commitSoon(): void {
    const { session, signal } = this.#options
    if (this.#soon) return
    this.#soon = true
    delay(session.options.platform, commitMs, signal)
      .finally(() => (this.#soon = false))
      .then(() => this.commit())
      // What is not stored is delivered again, at worst: the next commit tries anew.
      .catch(() => undefined)
  }

  /** How many messages are not dealt with. */
  async lag(find: (place: Place) => Holding | undefined): Promise<number> {
    const { session, topics } = this.#options
    const ends = await session.offsets(topics, 'latest')
    const starts = await session.offsets(topics, 'earliest')
    const stored = await this.stored()
    let lag = 0
    for (const topic of topics) {
      for (const [partition, end] of (ends.get(topic) ?? []).entries()) {
        const holding = find({ topic, partition })
        const kept = Number(starts.get(topic)?.[partition] ?? 0n)
        const place = holding ? nextToDo(holding) : Math.max(Number(stored.get(topic)?.[partition] ?? 0n), kept)
        lag += Math.max(0, Number(end) - place - (holding?.lane.ahead ?? 0))
      }
    }
    return lag
  }
}

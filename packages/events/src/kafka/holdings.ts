import type { Delivery } from '../bus.ts'
import { Lane } from '../partitions/lane.ts'
import type { Place } from './kafka-session.ts'

/** A partition that this member has. */
export interface Holding extends Place {
  /** Where to read on. */
  next: number
  /** What the group's coordinator has as the first offset that is not dealt with; negative when that is not known. */
  committed: number
  lane: Lane
}

export interface HoldingsOptions {
  readonly window: number
  readonly deliver: (delivery: Delivery) => void
  readonly isPaused: () => boolean
  readonly onProgress: () => void
}

/** The partitions that a member has from one rebalance to the next. */
export class Holdings {
  readonly #options: HoldingsOptions
  /** Up to where messages may have been delivered before, here or elsewhere, by partition. */
  readonly #seen = new Map<string, number>()
  #all: readonly Holding[] = []

  constructor(options: HoldingsOptions) {
    this.#options = options
  }

  get all(): readonly Holding[] {
    return this.#all
  }

  find({ topic, partition }: Place): Holding | undefined {
    return this.#all.find((one) => one.topic === topic && one.partition === partition)
  }

  /** `seen`: up to where somebody else may have had its messages. */
  take(places: readonly (Omit<Holding, 'lane'> & { readonly seen: number })[]): void {
    this.revoke()
    for (const place of places) this.#see(place, place.seen)
    this.#all = places.map(({ seen: _, ...place }) => ({ ...place, lane: this.#newLane(place) }))
  }

  /** Goes on elsewhere in a partition, whose messages on loan are revoked, and suspected no more: who had them lives. */
  move(holding: Holding, next: number): void {
    this.#end(holding)
    this.#seen.delete(nameOf(holding))
    holding.next = next
    holding.committed = -1
    holding.lane = this.#newLane(holding)
  }

  setPaused(paused: boolean): void {
    for (const { lane } of this.#all) lane.setPaused(paused)
  }

  revoke(): void {
    const all = this.#all
    this.#all = []
    for (const holding of all) this.#end(holding)
  }

  #end(holding: Holding): void {
    this.#see(holding, holding.lane.lent ?? -1)
    holding.lane.revoke()
  }

  #see(place: Place, offset: number): void {
    this.#seen.set(nameOf(place), Math.max(offset, this.#seenAt(place)))
  }

  #seenAt(place: Place): number {
    return this.#seen.get(nameOf(place)) ?? -1
  }

  #newLane(place: Place): Lane {
    const { window, deliver, onProgress, isPaused } = this.#options
    return new Lane({ window, paused: isPaused(), seen: this.#seenAt(place), deliver, onProgress })
  }
}

function nameOf({ topic, partition }: Place): string {
  return `${topic}/${partition}`
}

/** The first offset that is not dealt with. */
export function nextToDo({ lane, next }: Holding): number {
  return lane.open === 0 && lane.ahead === 0 ? next : (lane.done ?? next - 1) + 1
}

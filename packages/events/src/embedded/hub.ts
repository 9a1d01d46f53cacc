import { loansPerKey, lookAhead, mostPerKey } from '../key-share.ts'
import type { LoggedMessage, MessageLog, SubscriptionState } from './message-log.ts'

/** One consumer of a subscription, as the hub sees it. */
export interface Member {
  readonly window: number
  /** Takes messages in order. Never called from within a call of the hub. */
  deliver(loans: readonly Loan[]): void
  /**
   * Everything on loan to it has been taken away. Acknowledging it has no effect any more. Resolves once whoever has the
   * messages knows that.
   */
  revoke(): Promise<void>
}

/** A message that a member has. */
export interface Loan extends LoggedMessage {
  readonly redelivered: boolean
}

export interface HubOptions {
  readonly log: MessageLog
  readonly state: SubscriptionState
  /** Messages up to this one may have been on loan in a process that was killed. */
  readonly lentUpTo: number
  /** The state has changed and should be saved soon. */
  readonly onChange: () => void
}

interface Outstanding extends Loan {
  redelivered: boolean
  readonly queue: KeyQueue
  /** Who has it; undefined: it waits in its queue. */
  place: Place | undefined
}

/** The messages of one key that are not acknowledged. Exists only while there are some. */
interface KeyQueue {
  readonly key: string
  /** Has all messages of the key that are on loan. */
  owner: Place | undefined
  onLoan: number
  readonly waiting: Outstanding[]
}

interface Place {
  readonly member: Member
  onLoan: number
  /** Keys that it owns whose next message waits until it has room. */
  readonly hungry: Set<KeyQueue>
  /** Chosen for it, not handed over yet. */
  batch: Outstanding[]
}

const readAtOnce = 256
/**
 * So many messages, at most, are taken for such as were on loan when the process was killed, and of those that were
 * outstanding so many of each key: the state was saved a twentieth of a second before, and most of it had only been read.
 */
const mostAgain = 1_000
const mostAgainPerKey = 4 * mostPerKey

/**
 * One subscription of a log: gives each message to one member, in order for each key. There are no partitions: a key
 * belongs to the member that has unacknowledged messages of it, and to nobody when there are none, so that load spreads
 * by itself and a member that joins takes nothing away from others.
 *
 * - H1: a key's messages are handed out in the order of the log, all unacknowledged ones to one member.
 * - H2: `outstanding` holds every message up to the cursor that was not acknowledged; so cursor and outstanding are
 *   enough to go on after a crash, and nothing is skipped.
 * - H3: when a member leaves, what it had goes back to the front of each key's queue, in order.
 * - H4: a stuck key has its share of a member's window at most ({@link loansPerKey}), and holds up no other key before
 *   {@link lookAhead} is used up.
 */
export class Hub {
  readonly #log: MessageLog
  readonly #onChange: () => void
  readonly #places = new Map<Member, Place>()
  readonly #keys = new Map<string, KeyQueue>()
  /** In the order of the log. */
  #outstanding = new Map<number, Outstanding>()
  /** Keys without an owner that wait for a member with room. */
  readonly #orphans = new Set<KeyQueue>()
  #state: SubscriptionState
  #scheduled = false
  /** In the bodies of `outstanding`. */
  #characters = 0
  #lentUpTo: number
  #again = 0

  constructor({ log, state, lentUpTo, onChange }: HubOptions) {
    this.#log = log
    this.#lentUpTo = lentUpTo
    this.#onChange = onChange
    this.#state = state
    this.#take(log.pick(state.outstanding), true)
  }

  get members(): number {
    return this.#places.size
  }

  /** How far the subscription is, to be saved. */
  get state(): SubscriptionState {
    return { ...this.#state, outstanding: [...this.#outstanding.keys()] }
  }

  /** The oldest message that may be delivered again. */
  get keepFrom(): number {
    const [oldest] = this.#outstanding.keys()
    return oldest ?? this.#state.cursor + 1
  }

  get lag(): number {
    return this.#outstanding.size + this.#log.count(this.#state.topics, this.#state.cursor)
  }

  join(member: Member): void {
    this.#places.set(member, { member, onLoan: 0, hungry: new Set(), batch: [] })
    this.wake()
  }

  /** Takes back what the member has. */
  leave(member: Member): void {
    const place = this.#places.get(member)
    if (place === undefined) return
    this.#places.delete(member)
    const queues = new Map<KeyQueue, Outstanding[]>()
    for (const message of this.#outstanding.values()) {
      if (message.place !== place) continue
      message.place = undefined
      // What was chosen but not handed over has not been seen by anybody.
      message.redelivered ||= !place.batch.includes(message)
      const back = queues.get(message.queue)
      if (back) back.push(message)
      else queues.set(message.queue, [message])
    }
    for (const [queue, back] of queues) {
      queue.waiting.unshift(...back)
      queue.onLoan = 0
      queue.owner = undefined
      this.#orphans.add(queue)
    }
    place.batch = []
    void member.revoke()
    this.wake()
  }

  /** The member has dealt with messages. Unknown ones (revoked, acknowledged before) are ignored. */
  ack(member: Member, sequences: readonly number[]): void {
    const place = this.#places.get(member)
    if (place === undefined) return
    for (const sequence of sequences) {
      const message = this.#outstanding.get(sequence)
      if (message?.place !== place) continue
      this.#outstanding.delete(sequence)
      this.#characters -= message.message.body.length
      place.onLoan -= 1
      const { queue } = message
      queue.onLoan -= 1
      if (queue.waiting.length > 0) this.#lend(queue)
      else if (queue.onLoan === 0) this.#keys.delete(queue.key)
    }
    this.#onChange()
    this.#fill()
  }

  setTopics(topics: readonly string[]): void {
    this.#state = { ...this.#state, topics }
  }

  setPaused(paused: boolean): void {
    this.#state = { ...this.#state, paused }
    this.wake()
  }

  /** Goes to a place in the log; everything on loan is revoked, and suspected no more. Resolves once all members know that. */
  async moveTo(cursor: number): Promise<void> {
    this.#lentUpTo = 0
    this.#outstanding = new Map()
    this.#characters = 0
    this.#keys.clear()
    this.#orphans.clear()
    this.#state = { ...this.#state, cursor, outstanding: [] }
    const members = [...this.#places.keys()]
    this.#places.clear()
    const told = members.map((member) => {
      const revoked = member.revoke()
      this.join(member)
      return revoked
    })
    await Promise.all(told)
  }

  /** There may be something to deliver. */
  wake(): void {
    this.#fill()
  }

  /** Hands out what can be handed out, and reads on while somebody has room. */
  #fill(): void {
    if (this.#state.paused) return
    this.#feedHungry()
    for (;;) {
      const isFarAhead = this.#outstanding.size >= lookAhead.messages || this.#characters >= lookAhead.characters
      if (isFarAhead || this.#freest() === undefined) return
      const { cursor, topics } = this.#state
      if (cursor >= this.#log.head) return
      const found = this.#log.read(topics, cursor, readAtOnce)
      const end = found.length < readAtOnce ? this.#log.head : (found.at(-1)?.sequence ?? cursor)
      this.#state = { ...this.#state, cursor: end }
      this.#take(found, false)
      this.#onChange()
    }
  }

  #take(messages: readonly LoggedMessage[], wasOutstanding: boolean): void {
    for (const { sequence, message } of messages) {
      let queue = this.#keys.get(message.key)
      if (queue === undefined) {
        queue = { key: message.key, owner: undefined, onLoan: 0, waiting: [] }
        this.#keys.set(message.key, queue)
      }
      const doubtful = wasOutstanding ? queue.waiting.length < mostAgainPerKey : sequence <= this.#lentUpTo
      const redelivered = doubtful && this.#again < mostAgain
      if (redelivered) this.#again += 1
      const outstanding: Outstanding = { sequence, message, redelivered, queue, place: undefined }
      this.#outstanding.set(sequence, outstanding)
      this.#characters += message.body.length
      queue.waiting.push(outstanding)
      if (queue.waiting.length === 1) this.#lend(queue)
    }
  }

  #feedHungry(): void {
    for (const place of this.#places.values()) {
      for (const queue of place.hungry) {
        if (!hasRoom(place)) break
        place.hungry.delete(queue)
        this.#lend(queue)
      }
    }
    for (const queue of this.#orphans) {
      if (this.#freest() === undefined) break
      this.#orphans.delete(queue)
      this.#lend(queue)
    }
  }

  /** Lends as many waiting messages of a key as may be, or notes what they wait for. */
  #lend(queue: KeyQueue): void {
    if (queue.onLoan === 0) queue.owner = this.#state.paused ? undefined : this.#freest()
    const { owner } = queue
    if (owner === undefined) return void this.#orphans.add(queue)
    if (this.#state.paused) return void owner.hungry.add(queue)
    while (queue.waiting.length > 0 && queue.onLoan < loansPerKey(owner.onLoan, owner.member.window)) {
      if (!hasRoom(owner)) return void owner.hungry.add(queue)
      const message = queue.waiting.shift()
      if (message === undefined) return
      message.place = owner
      queue.onLoan += 1
      owner.onLoan += 1
      owner.batch.push(message)
      this.#schedule()
    }
  }

  /** The member with most room, if one has any. */
  #freest(): Place | undefined {
    let best: Place | undefined
    let room = 0
    for (const place of this.#places.values()) {
      const free = place.member.window - place.onLoan
      if (free > room) [best, room] = [place, free]
    }
    return best
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      for (const place of [...this.#places.values()]) {
        const { batch } = place
        if (batch.length === 0) continue
        place.batch = []
        place.member.deliver(batch)
      }
    })
  }
}

function hasRoom({ member, onLoan }: Place): boolean {
  return onLoan < member.window
}

import type { BusMessage } from '../bus.ts'

/** A message with its place in the log. */
export interface LoggedMessage {
  /** Ascending; later messages have larger numbers. */
  readonly sequence: number
  readonly message: BusMessage
}

/** How far a subscription is. Everything up to `cursor` is dealt with, apart from `outstanding`. */
export interface SubscriptionState {
  readonly name: string
  readonly topics: readonly string[]
  readonly cursor: number
  /** Ascending. */
  readonly outstanding: readonly number[]
  readonly paused: boolean
}

/** An append-only list of messages, and how far each subscription has come in it. In memory or in a file. */
export interface MessageLog {
  /** Number of the last message that is durable; 0 while there is none. Reading sees no further. */
  readonly head: number
  /** Whether whoever had it before closed it. Otherwise it was killed, and the newest states are not saved. */
  readonly wasClosed: boolean
  /** Resolves when the messages are durable and can be read. Keeps the order of calls. */
  append(messages: readonly BusMessage[]): Promise<void>
  /** The next messages of the topics after a place, in order, at most `limit`. */
  read(topics: readonly string[], after: number, limit: number): readonly LoggedMessage[]
  /** The messages with these numbers that are still kept. */
  pick(sequences: readonly number[]): readonly LoggedMessage[]
  count(topics: readonly string[], after: number): number
  /** The place from which reading begins with the first message of this time or later. */
  placeBefore(timeMs: number): number
  subscriptions(): readonly SubscriptionState[]
  /** Keeps states. They survive a crash of this process at once, and a power failure after {@link sync}. */
  save(states: readonly SubscriptionState[]): void
  /** Resolves when everything that was saved before is durable. */
  sync(): Promise<void>
  forget(subscription: string): void
  /** Deletes a bounded number of messages with numbers below `keepFrom` that are older than a time. Returns how many. */
  trim(keepFrom: number, beforeMs: number): number
  close(): Promise<void>
}

import { ServiceError } from '@holon/contract'

/** A message on a bus: an event on its way. The parts of a CloudEvent in binary mode. */
export interface BusMessage {
  /** Unique; a message that is published again keeps it. */
  readonly id: string
  /** Id of the event: `orders.placed`. */
  readonly topic: string
  /** Messages with equal keys are delivered in the order in which they were published. Never empty. */
  readonly key: string
  /**
   * CloudEvents attributes by their plain names (`specversion`, `id`, `source`, `type`, `subject`, `time`,
   * `datacontenttype`, `dataschema`, extensions such as `traceparent`). A bus puts its protocol's prefix before them.
   */
  readonly attributes: Readonly<Record<string, string>>
  /** The event's data as JSON text; UTF-8 on its way. */
  readonly body: string
  /** When it was published, in milliseconds since the Unix epoch. */
  readonly timeMs: number
}

/**
 * What carries events between services. Every bus passes the same suite, `tests/conformance/bus.ts`, and guarantees:
 *
 * - B1: a message is durable before `publish` resolves. Publishing the same message again is safe: subscribers may see
 *   it twice, in places that keep the order of its key when the earlier copies are ignored.
 * - B2: each subscription gets each message of its topics at least once, from the moment it first existed.
 * - B3: messages of one key are delivered in the order of publishing. At any moment a key belongs to one member of the
 *   subscription: a later message goes to another one only after the earlier were acknowledged or revoked.
 * - B4: what a member has not acknowledged when it leaves, dies or loses its connection is delivered again.
 * - B5: no more than `window` messages are on loan to a member (of each partition, where a bus has partitions), and of one
 *   key only its share. So a key whose messages are not acknowledged holds up no other, until very many wait behind it.
 * - B6: `pause`, `resume` and `rewind` act on the whole subscription, on all members, and survive restarts.
 * - B7: what the messages of one call have together is no limit. A message that can never be stored as it is (too large for
 *   the broker, a topic or an attribute that it cannot carry) rejects the call with `invalid_argument`, and only those
 *   calls that it came with.
 */
export interface Bus {
  /**
   * Resolves when all messages are durable. Rejects when some may not be: publish them again then, in the same order;
   * those that `storedDespite` names may be left out.
   */
  publish(messages: readonly BusMessage[]): Promise<void>
  /** Joins a subscription, which is made when it does not exist yet. Resolves when messages published from now on are sure to come. */
  subscribe(options: SubscribeOptions, deliver: (delivery: Delivery) => void): Promise<BusSubscription>
  /** Leaves all subscriptions and closes connections. Idempotent. */
  close(): Promise<void>
}

export interface SubscribeOptions {
  /** Durable name of the subscription; members that give the same one share its messages. */
  readonly subscription: string
  readonly topics: readonly string[]
  /** Where a subscription that is made now begins: after what there is, or with the oldest message that is kept. */
  readonly start: 'new' | 'all'
  /** How many messages may be on loan to this member. */
  readonly window: number
  /** Forgets the subscription when its last member leaves; for looking on. Default false. */
  readonly ephemeral?: boolean
}

/** A message on loan. Not acknowledging it keeps it on loan, it is not a failure. */
export interface Delivery {
  readonly message: BusMessage
  /**
   * Whether it may have been delivered before. True of everything that was on loan to a member that is gone, unless all
   * was rewound since; what nobody has had may be marked so, too, where the bus does not know how far a member came.
   */
  readonly redelivered: boolean
  /** Aborts when the message has been taken away (connection lost, rewind, moved to another member): another may have it. */
  readonly revoked: AbortSignal
  /** It has been dealt with. Idempotent; without effect once revoked. */
  ack(): void
}

/** A member's view of its subscription. All of it concerns the whole subscription, not this member alone. */
export interface BusSubscription {
  /** How many messages wait or are on loan. */
  lag(): Promise<number>
  /** Delivers nothing more; what is on loan may be acknowledged. */
  pause(): Promise<void>
  resume(): Promise<void>
  paused(): Promise<boolean>
  /**
   * Delivers again from the oldest kept message, or the first published at `timeMs` or later. Resolves when all members
   * have stopped what they had on loan: it is revoked, and nothing more of it begins. Rejects with `aborted` when that is
   * not known of some within a few seconds, though the place is set; it may be called again.
   */
  rewind(to: 'start' | { readonly timeMs: number }): Promise<void>
  /** Leaves. The subscription stays, and collects messages. Idempotent. */
  close(): Promise<void>
}

/** How long `rewind` waits for members to confirm. */
export const revokeWithinMs = 5_000

/** What `rewind` rejects with when some member did not confirm. */
export function notRevoked(subscription: string): ServiceError {
  return new ServiceError(
    'aborted',
    `'${subscription}' was taken back, but not all of its members have said within a few seconds that they know. What such a member has begun may still take effect; rewind again when it answers or is gone.`,
  )
}

import { JetStreamApiError } from '@nats-io/jetstream'
import type { KvEntry } from '@nats-io/kv'

import type { NatsPlace } from './nats-place.ts'

/** What is stored of a partition of a subscription. Only its owner writes it, and loses it by failing to. */
export interface PartitionRecord {
  readonly owner: string | null
  readonly place: NatsPlace
  /** How many messages after the place are dealt with already. */
  readonly ahead: number
  /** The last message that was on loan to a member that left in order. Of one that did not, nobody knows. */
  readonly lent?: number | undefined
  /** Number of the last rewind that was carried out. */
  readonly rewound: number
}

/** What is stored of a subscription as a whole. */
export interface ControlRecord {
  readonly paused: boolean
  /** Counts changes. */
  readonly control: number
  /** Number and target of the last rewind. */
  readonly rewound: number
  readonly to?: 'start' | { readonly timeMs: number }
}

export const emptyRecord: PartitionRecord = { owner: null, place: { after: 0 }, ahead: 0, rewound: 0 }

export function readRecord(entry: KvEntry): PartitionRecord {
  return entry.json<PartitionRecord>()
}

/** Whether a write failed because somebody else had written since. */
export function isConflict(error: unknown): boolean {
  // Wrong last sequence.
  return error instanceof JetStreamApiError && error.code === 10_071
}

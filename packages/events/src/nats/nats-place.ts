import type { StartPolicy } from './nats-session.ts'

/** Where to go on: after a message of the stream that was made at a time, or with the first that was stored at a time. */
export type NatsPlace = { readonly after: number; readonly stream?: string } | { readonly timeMs: number }

/**
 * The place in the stream that is there now. One that was deleted and made anew counts from one again: all that is in it
 * has come since.
 */
export function placeIn(stream: string, place: NatsPlace): NatsPlace {
  if (!('after' in place)) return place
  return isElsewhere(stream, place) ? { after: 0, stream } : { after: place.after, stream }
}

/** Whether the place is in a stream that is not there any more. Records of versions up to 0.1 do not say. */
export function isElsewhere(stream: string, place: NatsPlace): boolean {
  return 'after' in place && place.stream !== undefined && place.stream !== stream
}

export function policy(place: NatsPlace): StartPolicy {
  return 'after' in place
    ? { deliver_policy: 'by_start_sequence', opt_start_seq: place.after + 1 }
    : { deliver_policy: 'by_start_time', opt_start_time: new Date(place.timeMs).toISOString() }
}

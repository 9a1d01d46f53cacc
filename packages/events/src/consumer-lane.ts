import type { Held } from './attempts.ts'

/** The messages of one key, in order. Exists while there are some. idle → ready → running → (waiting →) ready … */
export interface Lane {
  readonly key: string
  readonly held: Held[]
  state: 'idle' | 'ready' | 'running' | 'waiting'
}

/**
 * How many messages a consumer has in hand, and of how many keys one is being handled or is about to be. The others wait for
 * their next try.
 */
export interface ConsumerWork {
  readonly held: number
  readonly active: number
}

export function workOf(lanes: Iterable<Lane>): ConsumerWork {
  let held = 0
  let active = 0
  for (const lane of lanes) {
    held += lane.held.length
    if (lane.state !== 'waiting') active += 1
  }
  return { held, active }
}

import type { BoundOperation } from '@holon/rpc'

import type { RunningService } from './running-service.ts'

/**
 * Something that runs in an instance beside its services: what moves their events, and whatever is to come. The members are
 * called in this order, each on all parts before the next; the last two in the reverse order of the parts.
 */
export interface InstancePart {
  /** Connects to what it needs. No start hook has run yet; the stores are open. */
  connect(): Promise<void>
  /** Sets up what `start` begins, once all start hooks have run. Returns the operations by which it is looked after. */
  prepare(running: readonly RunningService[]): readonly BoundOperation[]
  /** Begins its work. The instance listens. */
  start(): Promise<void>
  /** Begins nothing new, and finishes what is in work within `graceMs`, while calls are still answered. */
  finish(graceMs: number): Promise<void>
  /** Stops what is left, and lets go of what it has. Called after a start that failed, too, however far that came. */
  stop(): Promise<void>
}

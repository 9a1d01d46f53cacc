import type { Timer } from '@holon/contract'

import type { Exit, Launch } from './launch.ts'
import type { PulseWatch } from './pulse-watch.ts'
import type { Watchdog } from './watchdog.ts'

/**
 * The state of a process that is kept running.
 *
 *     idle ──start──▶ starting ──ready──▶ running ──died──▶ backing-off ──timer──▶ starting
 *                     starting ──died──▶ backing-off
 *                     starting ──says that it cannot──▶ failing ──died──▶ backing-off, or halted if it is permanent
 *                     running ──does not answer──▶ hung ──killed──▶ failing
 *                     hung ──died──▶ backing-off
 *     halted, backing-off ──start──▶ starting
 *     halted, backing-off ──stop──▶ idle
 *     starting, failing, running, hung ──stop──▶ stopping ──died──▶ idle
 */
export type KeptState<R> =
  | {
      readonly phase: 'idle'
      /** How it ended when it was stopped. */
      readonly exit?: Exit
    }
  | { readonly phase: 'starting'; readonly launch: Launch<R>; readonly sinceMs: number; readonly watchdog: Watchdog }
  | {
      readonly phase: 'failing'
      readonly launch: Launch<R>
      readonly sinceMs: number
      readonly killer: Timer
      readonly error: unknown
    }
  | {
      readonly phase: 'running'
      readonly launch: Launch<R>
      readonly sinceMs: number
      readonly result: R
      /** Undefined: it cannot be asked, or nobody wants to know. */
      readonly pulse: PulseWatch | undefined
    }
  | { readonly phase: 'hung'; readonly launch: Launch<R>; readonly sinceMs: number }
  | { readonly phase: 'backing-off'; readonly reason: string; readonly delayMs: number; readonly timer: Timer }
  | { readonly phase: 'halted'; readonly reason: string }
  | {
      readonly phase: 'stopping'
      readonly launch: Launch<R>
      readonly sinceMs: number
      readonly killer: Timer
      /** Undefined: it was stopped before it was ready. */
      readonly result: R | undefined
    }

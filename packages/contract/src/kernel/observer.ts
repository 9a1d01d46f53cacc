import type { CallContext } from './call.ts'
import type { ServiceError } from './error.ts'

/**
 * What Holon's packages tell about what they do. Logs are made from it, later traces and metrics; nobody below imports
 * a logger or a tracer. An observer must not throw and must return at once.
 */
export interface Observer {
  observe(observation: Observation): void
}

/** One thing that happened. `kind` tells which; later versions may bring further kinds. */
export type Observation =
  /** A handler of this process has answered (or failed) a call. `cause` is what it really threw, for the local log only. */
  | {
      readonly kind: 'call-handled'
      readonly service: string
      readonly call: CallContext
      readonly durationMs: number
      readonly error: ServiceError | undefined
      readonly cause: unknown
    }
  /** A call made by a service of this process has settled. `remote`: it left the process. */
  | {
      readonly kind: 'call-made'
      readonly service: string
      readonly call: CallContext
      readonly durationMs: number
      readonly error: ServiceError | undefined
      readonly remote: boolean
    }
  /** A link to a peer process opened, closed, was refused, or broke the protocol. */
  | {
      readonly kind: 'link'
      readonly state: 'open' | 'closed' | 'refused' | 'violated'
      readonly peer: string
      readonly reason: string | undefined
    }
  /** A service or the whole instance entered a state. */
  | {
      readonly kind: 'lifecycle'
      readonly subject: string
      readonly state: 'starting' | 'ready' | 'draining' | 'stopped' | 'failed'
      readonly detail: string | undefined
    }
  /** A service's own log line (`ctx.log`). */
  | {
      readonly kind: 'log'
      readonly service: string
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly message: string
      readonly fields: Readonly<Record<string, unknown>> | undefined
      readonly call: CallContext | undefined
    }
  /** A service's handler has dealt with an event, or failed to. */
  | {
      readonly kind: 'event-handled'
      readonly service: string
      readonly subscription: string
      readonly topic: string
      readonly messageId: string
      readonly key: string
      /** The trace it belongs to, as it was published (W3C trace context); undefined where it carries none. */
      readonly traceparent: string | undefined
      readonly attempt: number
      readonly durationMs: number
      /**
       * `duplicate`: its effect had been committed before. `failed`: it will be tried again. `dead`: it became a dead
       * letter. `not-run`: the store does not answer; it waits for that, without counting the try.
       */
      readonly outcome: 'applied' | 'duplicate' | 'skipped' | 'failed' | 'dead' | 'not-run'
      readonly error: unknown
    }
  /** The way from a service's outbox to the bus is blocked (events are kept, and sent later), or free again. */
  | {
      readonly kind: 'relay'
      readonly service: string
      readonly state: 'stalled' | 'recovered'
      readonly error: unknown
    }
  /** How far a service's outbox is behind: told every few seconds while events wait in it, and once when none do. */
  | {
      readonly kind: 'outbox'
      readonly service: string
      /** Events of all replicas that wait to be sent, without those that are to be sent later. */
      readonly waiting: number
      readonly oldestMs: number
      /** `began`: the oldest has just been found to wait longer than is normal; `ended`: it does not any more. */
      readonly late: 'no' | 'began' | 'yes' | 'ended'
    }
  /** Something failed that no caller waits for. */
  | { readonly kind: 'fault'; readonly subject: string; readonly error: unknown }

import type { Observation, Observer, Platform } from '@holon/contract'

import type { LogLevel } from './log-level.ts'

/** Failures of one kind that are told within {@link windowMs} of the first; of the others only how many there were. */
const mostTold = 20
const windowMs = 10_000

/** What {@link limitRepeats} takes. */
export interface RepeatLimits {
  readonly platform: Platform
  /** At `debug` everything is told. */
  readonly level: LogLevel
}

/**
 * Passes on what is observed, but of failures that repeat only the first 20 in 10 s of each kind (the same code from the same
 * operation, the same fault, the same subscription), and then how many more there were. Whoever makes very many requests fail
 * would otherwise fill the disk, and hide what else is told. What a service logs itself always passes.
 */
export function limitRepeats(observer: Observer, { platform, level }: RepeatLimits): Observer {
  if (level === 'debug') return observer
  const counts = new Map<string, number>()
  const begin = (kind: string, service: string): void => {
    // Holds no process.
    platform
      .setTimer(() => {
        const more = (counts.get(kind) ?? 0) - mostTold
        counts.delete(kind)
        if (more <= 0) return
        const message = `${kind}: ${more} more in ${windowMs / 1000} s are not told one by one`
        observer.observe({ kind: 'log', service, level: 'warn', message, fields: { count: more }, call: undefined })
      }, windowMs)
      .unref()
  }
  return {
    observe: (observation) => {
      const kind = repeatedKind(observation)
      if (kind === undefined) return observer.observe(observation)
      const count = (counts.get(kind) ?? 0) + 1
      counts.set(kind, count)
      if (count === 1) begin(kind, 'service' in observation ? observation.service : 'instance')
      if (count <= mostTold) observer.observe(observation)
    },
  }
}

/** What a failure has in common with its repetitions, as words for people; undefined for what is none. */
function repeatedKind(observation: Observation): string | undefined {
  switch (observation.kind) {
    case 'call-handled':
    case 'call-made': {
      const { error, call } = observation
      const made = observation.kind === 'call-made' ? 'calls ' : ''
      return error && `${made}${call.operation} failed (${error.code})`
    }
    case 'event-handled':
      return observation.error === undefined ? undefined : `${observation.subscription}: events ${observation.outcome}`
    case 'link':
      return observation.state === 'refused' || observation.state === 'violated'
        ? `links ${observation.state}`
        : undefined
    case 'fault':
      return `${observation.subject} failed`
    default:
      return undefined
  }
}

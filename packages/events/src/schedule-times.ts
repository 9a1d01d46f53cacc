import { messageOf } from '@holon/contract'
import { Cron } from 'croner'

/** When a schedule fires. */
export interface ScheduleTimes {
  /** What the times follow from, as text: a change of it plans the schedule anew. */
  readonly definition: string
  /** The first time after the given one; undefined: never again. */
  after(timeMs: number): number | undefined
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const shortestMs = 100

/** Every so often, `'5m'`, at multiples of the interval since the epoch: so all replicas agree. Throws for anything else. */
export function intervalTimes(interval: string): ScheduleTimes {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(interval)
  const everyMs = Number(match?.[1]) * (units[match?.[2] ?? ''] ?? Number.NaN)
  if (!(everyMs >= shortestMs))
    throw new TypeError(`'${interval}' is no interval: write 500ms, 30s, 5m, 2h or 1d (at least ${shortestMs}ms)`)
  return { definition: `every ${interval}`, after: (timeMs) => (Math.floor(timeMs / everyMs) + 1) * everyMs }
}

/** A cron pattern of five fields, or six with seconds first. In UTC, unless a time zone is named. Throws for anything else. */
export function cronTimes(pattern: string, timezone = 'Etc/UTC'): ScheduleTimes {
  let cron: Cron
  try {
    cron = new Cron(pattern, { timezone, paused: true })
    cron.nextRun(new Date(0))
  } catch (error) {
    const why = messageOf(error)
    throw new TypeError(`'${pattern}' in time zone ${timezone} is no cron pattern: ${why}`, { cause: error })
  }
  return {
    definition: `cron ${pattern} ${timezone}`,
    after: (timeMs) => cron.nextRun(new Date(timeMs))?.getTime(),
  }
}

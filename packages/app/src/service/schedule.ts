import { cronTimes, intervalTimes, type ScheduleTimes } from '@holon/events/definition'

/** How a schedule is told from others, and how long a run may take. */
export interface ScheduleOptions {
  /** Unique in the service. Default: made from the times. */
  readonly name?: string
  /** Time limit of one run. Default 30 000. */
  readonly timeoutMs?: number
}

/** Something a service does at certain times. Made by {@link Clock}. */
export interface Schedule {
  readonly name: string
  readonly times: ScheduleTimes
  readonly timeoutMs: number
  readonly handle: (ctx: never) => unknown
}

type Run<Ctx> = (ctx: Ctx) => void | Promise<void>

/** Makes schedules. `Ctx` is what their handlers are given. */
export interface Clock<Ctx> {
  /**
   * Runs a handler every so often (`'30s'`, `'5m'`, `'2h'`, `'1d'`), at multiples of the interval in UTC, once over all
   * replicas. Like a subscription's handler it runs in a unit of work that commits together with the fact that it ran;
   * one that throws is run again. Times that passed while the service was down are made up for by one run.
   */
  readonly every: (interval: string, handle: Run<Ctx>, options?: ScheduleOptions) => Schedule
  /** Like `every`, at the times of a cron pattern: five fields, or six with seconds first. In UTC unless `timezone` is given. */
  readonly cron: (
    pattern: string,
    handle: Run<Ctx>,
    options?: ScheduleOptions & { readonly timezone?: string },
  ) => Schedule
}

const defaultTimeoutMs = 30_000

/** What `defineService` hands to `schedules`. */
export const clock: Clock<never> = {
  every: (interval, handle, options) => toSchedule(intervalTimes(interval), handle, options),
  cron: (pattern, handle, options) => toSchedule(cronTimes(pattern, options?.timezone), handle, options),
}

function toSchedule(times: ScheduleTimes, handle: Run<never>, options: ScheduleOptions = {}): Schedule {
  const { name = times.definition, timeoutMs = defaultTimeoutMs } = options
  return { name, times, timeoutMs, handle }
}

import type { ExitCode } from '../exit-code.ts'
import { CommandFailure, exitCodes } from '../exit-code.ts'
import type { Host } from '../host.ts'
import { atEventsDesk, type EventsOptions } from './events-desk.ts'

export function pauseCommand(host: Host, subscription: string, options: EventsOptions): Promise<ExitCode> {
  return atEventsDesk(host, options, async (desk) => {
    await desk.ask(desk.serviceOf(subscription), 'pause', { subscription })
    host.stdout.write(`${subscription} is paused\n`)
  })
}

export function resumeCommand(host: Host, subscription: string, options: EventsOptions): Promise<ExitCode> {
  return atEventsDesk(host, options, async (desk) => {
    await desk.ask(desk.serviceOf(subscription), 'resume', { subscription })
    host.stdout.write(`${subscription} is resumed\n`)
  })
}

/** Lets a subscription pass over an event that it has not given up yet, as if it had been handled. */
export function discardCommand(
  host: Host,
  {
    subscription,
    messageId,
    ...options
  }: EventsOptions & { readonly subscription: string; readonly messageId: string },
): Promise<ExitCode> {
  return atEventsDesk(host, options, async (desk) => {
    await desk.ask(desk.serviceOf(subscription), 'discard', { subscription, messageId })
    // Whether there is such an event nobody knows before it comes.
    host.stdout.write(`${subscription} passes over ${messageId} when it comes\n`)
  })
}

export interface RewindOptions extends EventsOptions {
  /** `start`, or a time. */
  readonly to: string
}

export function rewindCommand(host: Host, subscription: string, options: RewindOptions): Promise<ExitCode> {
  const timeMs = options.to === 'start' ? undefined : Date.parse(options.to)
  if (Number.isNaN(timeMs))
    throw new CommandFailure(
      exitCodes.usage,
      `--to is '${options.to}'; write start, or a time like 2026-11-21T08:00:00Z.`,
    )
  return atEventsDesk(host, options, async (desk) => {
    const input = timeMs === undefined ? { subscription } : { subscription, timeMs }
    await desk.ask(desk.serviceOf(subscription), 'rewind', input)
    const since = timeMs === undefined ? 'the start' : new Date(timeMs).toISOString()
    host.stdout.write(`${subscription} goes back to ${since}\n`)
  })
}

export interface PublishOptions extends EventsOptions {
  readonly key?: string
}

/** Publishes an event in the name of the service whose contract declares it. */
export function publishCommand(
  host: Host,
  { event: id, value, ...options }: PublishOptions & { readonly event: string; readonly value: unknown },
): Promise<ExitCode> {
  return atEventsDesk(host, options, async (desk) => {
    const event = desk.findEvent(id)
    await desk.ask(event.service, 'publish', {
      event: event.id,
      data: value,
      ...(options.key !== undefined && { key: options.key }),
    })
    host.stdout.write(`${event.id} is published\n`)
  })
}

import { messageOf, type Platform } from '@holon/contract'
import { settle } from '@holon/contract/manual-platform'
import { inTime } from '@holon/contract/platform'
import type { EventWork, Instance } from '@holon/runtime'

/** What is looked at to tell whether an app has worked its events off. */
export interface Workers {
  readonly instances: readonly Instance[]
  /** Grows with each event that is published or handled. */
  activity(): number
  /** How many events are being published just now. */
  publishing(): number
  /** The last failure of a subscription's handler. */
  lastFailure(subscription: string): string | undefined
}

/** Events are still under way after the time given. The message names all of it. */
export class NotSettled extends Error {
  override readonly name: string = 'NotSettled'
}

const firstPauseMs = 1
const longestPauseMs = 20
/** A store that is well answers by then, also where there is no time left. */
const shortestLookMs = 500

/**
 * Resolves when all events are worked off: outboxes sent, subscriptions empty, no schedule running; those that events
 * cause, too. `platform`: real time. `assertKept` is asked again and again, and what it throws ends the wait.
 *
 * @throws NotSettled saying what is still under way.
 */
export async function settled(
  workers: Workers,
  platform: Platform,
  withinMs: number,
  assertKept: () => void,
): Promise<void> {
  const endMs = platform.monotonicMs() + withinMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
    const lookMs = Math.max(shortestLookMs, endMs - platform.monotonicMs())
    const left = await underWay(workers, { platform, timeoutMs: lookMs })
    // A handler that keeps failing because of a fake is not worth waiting for.
    assertKept()
    if (left.length === 0) return
    if (platform.monotonicMs() > endMs) throw notSettled(left, withinMs)
    await new Promise<void>((resolve) => void platform.setTimer(resolve, pauseMs))
  }
}

function notSettled(left: readonly string[], withinMs: number): NotSettled {
  return new NotSettled(
    `After ${withinMs} ms there are still events under way:\n${left.map((each) => `- ${each}`).join('\n')}\n` +
      'What waits for its next try has it after `clock.forward(ms)`; for what only takes long, give `settled({ withinMs })` more.',
  )
}

/**
 * What is left to do, in words. An event is always somewhere: in an outbox, being published, or with a subscription. Since
 * these are looked at one after the other it could move on behind our back; it does not without adding to the activity.
 */
async function underWay(workers: Workers, limit: LookLimit): Promise<readonly string[]> {
  const before = workers.activity()
  const works = await Promise.all(workers.instances.map((instance) => lookAt(instance, limit)))
  const left = works.flat().flatMap((work) => (typeof work === 'string' ? [work] : told(work, workers)))
  const publishing = workers.publishing()
  if (publishing > 0) left.push(`${publishing} are being published`)
  if (left.length === 0 && (workers.activity() !== before || workers.instances.some((each) => each.movesEvents())))
    return ['events are being relayed or handled']
  return left
}

/** How long a look may take. A store does not answer while a handler hangs in a transaction on its only connection. */
interface LookLimit {
  readonly platform: Platform
  readonly timeoutMs: number
}

async function lookAt(instance: Instance, limit: LookLimit): Promise<readonly (EventWork | string)[]> {
  const timeoutError = (): Error =>
    new Error(`a store or the bus has not answered within ${limit.timeoutMs.toFixed(0)} ms; does a transaction hang?`)
  try {
    return await inTime({ ...limit, timeoutError }, instance.eventWork())
  } catch (error) {
    return [`it is not known what is under way in ${instance.instance}: ${messageOf(error)}`]
  }
}

function told({ service, outbox, subscriptions, schedules }: EventWork, workers: Workers): string[] {
  const left = schedules.map((name) => `schedule '${name}' of ${service} is running`)
  if (outbox > 0) left.push(`${service}: ${outbox} in the outbox`)
  for (const { name, lag, held, active, paused } of subscriptions) {
    if (lag === undefined) left.push(`${name}: the subscription has not been joined yet`)
    if (lag === undefined || lag === 0) continue
    const failure = workers.lastFailure(name)
    const waiting = held > 0 && active === 0 && failure !== undefined
    const state = paused
      ? 'paused'
      : waiting
        ? `waiting for the next try after: ${failure}`
        : 'waiting or being handled'
    left.push(`${name}: ${lag} ${state}`)
  }
  return left
}

/** Handlers that wait for a time themselves would never end before it comes. */
const longestCalmMs = 250

/**
 * Resolves when nothing can happen any more without time passing, and in any case soon; for who moves the time. `since`: the
 * activity up to which all was calm.
 */
export async function calm(workers: Workers, platform: Platform, since: number): Promise<void> {
  const endMs = platform.monotonicMs() + longestCalmMs
  await settle()
  const isMoving = (): boolean =>
    workers.publishing() > 0 || workers.instances.some((instance) => instance.movesEvents())
  // Most timers are the platform's own and cause no event; to ask the stores after each would take long.
  if (!isMoving() && workers.activity() === since) return
  while (platform.monotonicMs() < endMs) {
    const seen = workers.activity()
    if (
      !isMoving() &&
      (await isCalm(workers, { platform, timeoutMs: endMs - platform.monotonicMs() })) &&
      !isMoving() &&
      workers.activity() === seen
    )
      return
    await settle()
  }
}

async function isCalm({ instances }: Workers, limit: LookLimit): Promise<boolean> {
  const works = (await Promise.all(instances.map((instance) => lookAt(instance, limit)))).flat()
  return works.every((work) => {
    if (typeof work === 'string') return true
    return work.outbox === 0 && work.subscriptions.every(({ lag, held, paused }) => paused || lag === held)
  })
}

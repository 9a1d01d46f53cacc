import { subscriptionNameProblem } from '@holon/contract'

import type { Schedule } from './schedule.ts'
import type { Subscription } from './subscription.ts'

/** What timers of Node hold, almost 25 days; with more they fire at once. */
const longestWaitMs = 2 ** 31 - 1

/** By default it is made of the times; it is a key in the store. */
const scheduleName = /^\P{Cc}{1,200}$/u

/** What is wrong with a time limit: a list of one sentence, or empty. */
export function waitProblem(option: string, ms: number): string[] {
  if (typeof ms === 'number' && ms > 0 && ms <= longestWaitMs) return []
  return [`${option} is ${ms}; it must be above 0, in milliseconds, and at most ${longestWaitMs}`]
}

/** The mistakes in a service's subscriptions. */
export function subscriptionProblems(subscriptions: readonly Subscription[]): string[] {
  const problems: string[] = []
  const names = new Set<string>()
  for (const [index, subscription] of subscriptions.entries()) {
    const { kind, event, options, handle } = subscription
    // A contract that lacks the event gives undefined, where nothing checks the types.
    if (kind !== 'subscription' || event?.definition?.kind !== 'event') {
      problems.push(`subscriptions[${index}] is to no event of a contract; write on(orders.events.placed, handler)`)
      continue
    }
    const name = subscriptionName(subscription)
    if (typeof handle !== 'function') problems.push(`subscription '${name}' has no handler`)
    // Kafka takes topics that differ by nothing else for one.
    const plain = name.replaceAll('.', '_')
    if (names.has(plain))
      problems.push(
        `two subscriptions are named '${name}', or differ by '.' and '_' alone; name one of them in its options`,
      )
    names.add(plain)
    problems.push(...optionProblems(name, options))
  }
  return problems
}

/** What is said of options whose value only a type forbids. */
const choices = { order: ['key', 'none'], start: ['new', 'all'], transaction: ['shared', 'own'] } as const

function optionProblems(name: string, options: Subscription['options']): string[] {
  const { concurrency = 1, timeoutMs = 1, retry: { tries = 1, firstMs = 1, longestMs = 1 } = {} } = options
  const problems: string[] = [...waitProblem('timeoutMs', timeoutMs)]
  const nameProblem = subscriptionNameProblem(name)
  if (!Number.isInteger(concurrency) || concurrency < 1)
    problems.push(`concurrency is ${concurrency}; use a whole number from 1`)
  if (!Number.isInteger(tries) || tries < 1) problems.push(`retry.tries is ${tries}; use a whole number from 1`)
  problems.push(...pauseProblems({ firstMs, longestMs }), ...choiceProblems(options))
  const named = nameProblem === undefined ? [] : [`subscription ${nameProblem}`]
  return [...named, ...problems.map((problem) => `subscription '${name}': ${problem}`)]
}

function pauseProblems(pauses: Readonly<Record<string, number>>): string[] {
  return Object.entries(pauses)
    .filter(([, ms]) => typeof ms !== 'number' || !(ms >= 0 && ms <= longestWaitMs))
    .map(([option, ms]) => `retry.${option} is ${ms}; use a number of milliseconds`)
}

function choiceProblems(options: Subscription['options']): string[] {
  const problems: string[] = []
  for (const option of ['order', 'start', 'transaction'] as const) {
    const value: string | undefined = options[option]
    const possible: readonly string[] = choices[option]
    if (value !== undefined && !possible.includes(value))
      problems.push(`${option} is '${value}'; use ${possible.map((choice) => `'${choice}'`).join(' or ')}`)
  }
  return problems
}

/** The subscription's name in its service. */
export function subscriptionName({ event, options }: Subscription): string {
  return options.name ?? event.id
}

/** The mistakes in a service's schedules. */
export function scheduleProblems(schedules: readonly Schedule[], hasStore: boolean): string[] {
  const problems: string[] = []
  const names = new Set<string>()
  for (const { name, times, timeoutMs } of schedules) {
    if (!scheduleName.test(name))
      problems.push(`schedule '${name.slice(0, 60)}': a name is 1 to 200 characters, none of them a control character`)
    problems.push(...waitProblem('timeoutMs', timeoutMs).map((problem) => `schedule '${name}': ${problem}`))
    if (names.has(name))
      problems.push(`two schedules are named '${name}'; give one of them another name in its options`)
    names.add(name)
    if (times.after(0) === undefined) problems.push(`schedule '${name}' has no time at which it fires`)
  }
  if (schedules.length > 0 && !hasStore)
    problems.push("schedules need a store: it keeps when each is due, so that one replica runs it; add 'store'")
  return problems
}

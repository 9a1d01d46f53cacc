import { type Contract, DefinitionError, type Schema } from '@holon/contract'
import type { Store } from '@holon/data'

import { clock, type Schedule } from './schedule.ts'
import type { ServiceDefinition, ServiceOptions, Uses } from './service.ts'
import { on, type Subscription } from './subscription.ts'

/** What `ctx` holds already, so that no client can have the name. */
const reserved: readonly string[] = [
  'store',
  'config',
  'log',
  'platform',
  'stopping',
  'operation',
  'caller',
  'identity',
  'idempotencyKey',
  'trace',
  'signal',
  'remainingMs',
  'publish',
  'tx',
  'event',
  'dueAt',
]

/** How long a store may take to open, and a start hook to run. */
export const defaultStartTimeoutMs = 60_000

/**
 * Defines a service: the implementation of a contract. A module's default export; it is loaded only in the process that
 * runs it.
 *
 * @throws DefinitionError naming every mistake: operations without handler, handlers without operation, …
 *
 * @example
 * export default defineService(greeter, { operations: { hello: ({ name }) => ({ text: `Hello, ${name}!` }) } })
 */
export function defineService<
  C extends Contract,
  const U extends Uses = Record<never, Contract>,
  S extends Store | undefined = undefined,
  K extends Schema | undefined = undefined,
>(contract: C, options: ServiceOptions<C, U, S, K>): ServiceDefinition {
  // The types are for who writes a definition; what it does not keep of them is found out below.
  const definition = options as unknown as Partial<WrittenDefinition>
  const handlers = definition.operations ?? {}
  const uses = definition.uses ?? {}
  const problems: string[] = []
  for (const name of Object.keys(contract.operations)) {
    if (!Object.hasOwn(handlers, name) || typeof handlers[name] !== 'function')
      problems.push(`operation '${name}' has no handler; add it to 'operations'`)
  }
  for (const name of Object.keys(handlers)) {
    if (!Object.hasOwn(contract.operations, name))
      problems.push(`handler '${name}' answers no operation of the contract; remove it or declare the operation`)
  }
  for (const [name, used] of Object.entries(uses)) {
    if (reserved.includes(name))
      problems.push(`uses '${name}': ctx.${name} means something else; give the contract another name here`)
    if (used.name === contract.name) problems.push(`uses '${name}': a service cannot use itself; call the function`)
  }
  const { store, config, start, stop, startTimeoutMs = defaultStartTimeoutMs } = definition
  if (!(startTimeoutMs > 0)) problems.push(`startTimeoutMs is ${startTimeoutMs}; it must be above 0`)
  const subscriptions = made(() => definition.subscriptions?.(on), problems)
  const schedules = made(() => definition.schedules?.(clock), problems)
  problems.push(...subscriptionProblems(subscriptions), ...scheduleProblems(schedules, store !== undefined))
  if (problems.length > 0) throw new DefinitionError(`Service '${contract.name}'`, problems)
  return { contract, uses, store, config, operations: handlers, subscriptions, schedules, start, stop, startTimeoutMs }
}

/** A definition as it is written, with nothing known of its types. */
interface WrittenDefinition extends Omit<ServiceDefinition, 'subscriptions' | 'schedules'> {
  subscriptions(subscribe: typeof on): readonly Subscription[]
  schedules(times: typeof clock): readonly Schedule[]
}

/** What a function of the definition makes; what it throws is a mistake in the definition. */
function made<T>(make: () => readonly T[] | undefined, problems: string[]): readonly T[] {
  try {
    return make() ?? []
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error))
    return []
  }
}

function subscriptionProblems(subscriptions: readonly Subscription[]): string[] {
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
    if (names.has(name))
      problems.push(`two subscriptions are named '${name}'; give one of them another name in its options`)
    names.add(name)
    problems.push(...optionProblems(name, options))
  }
  return problems
}

function optionProblems(
  name: string,
  { concurrency = 1, timeoutMs = 1, retry: { tries = 1, firstMs = 1, longestMs = 1 } = {} }: Subscription['options'],
): string[] {
  const problems: string[] = []
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
    problems.push(`subscription '${name}': a name is letters, digits, '.', '_' and '-'`)
  if (!Number.isInteger(concurrency) || concurrency < 1)
    problems.push(`subscription '${name}': concurrency is ${concurrency}; use a whole number from 1`)
  if (!(timeoutMs > 0)) problems.push(`subscription '${name}': timeoutMs is ${timeoutMs}; it must be above 0`)
  if (!Number.isInteger(tries) || tries < 1)
    problems.push(`subscription '${name}': retry.tries is ${tries}; use a whole number from 1`)
  for (const [option, ms] of Object.entries({ firstMs, longestMs }))
    if (!(ms >= 0 && ms < Infinity))
      problems.push(`subscription '${name}': retry.${option} is ${ms}; use a number of milliseconds`)
  return problems
}

/** The subscription's name in its service. */
export function subscriptionName({ event, options }: Subscription): string {
  return options.name ?? event.id
}

function scheduleProblems(schedules: readonly Schedule[], hasStore: boolean): string[] {
  const problems: string[] = []
  const names = new Set<string>()
  for (const { name, times } of schedules) {
    if (names.has(name))
      problems.push(`two schedules are named '${name}'; give one of them another name in its options`)
    names.add(name)
    if (times.after(0) === undefined) problems.push(`schedule '${name}' has no time at which it fires`)
  }
  if (schedules.length > 0 && !hasStore)
    problems.push("schedules need a store: it keeps when each is due, so that one replica runs it; add 'store'")
  return problems
}

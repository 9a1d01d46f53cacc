import { type Contract, DefinitionError, isInherited, messageOf, type Schema } from '@holon/contract'
import type { Store } from '@holon/data'

import { clock, type Schedule } from './schedule.ts'
import { scheduleProblems, subscriptionProblems, waitProblem } from './service-problems.ts'
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
  'handled',
  'follow',
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
 * export default defineService(greeter, { operations: { hello: ({ name }) => `Hello, ${name}!` } })
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
    if (reserved.includes(name) || isInherited(name))
      problems.push(`uses '${name}': ctx.${name} means something else; give the contract another name here`)
    if (used.name === contract.name) problems.push(`uses '${name}': a service cannot use itself; call the function`)
  }
  const { store, config, start, stop, startTimeoutMs = defaultStartTimeoutMs } = definition
  problems.push(...waitProblem('startTimeoutMs', startTimeoutMs))
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
    problems.push(messageOf(error))
    return []
  }
}

import { defineService, type EventsOf, type HandlerContext, type ServiceDefinition } from '@holon/app'
import type { Contract, Handlers } from '@holon/contract'

/** Stands for a service in a test. Made by `fake`, `record` and `replay`. */
export interface Fake {
  readonly contract: Contract
  /** What runs in its place. */
  readonly definition: ServiceDefinition
}

/** What a fake answers with: a handler for each operation that the test comes to, with the types of the contract. */
export type FakeHandlers<C extends Contract> = Partial<
  Handlers<C, HandlerContext<Record<never, Contract>, undefined, undefined, EventsOf<C>>>
>

/**
 * A service that a test plays itself, held to its contract: an answer, an item or the data of a failure that does not match,
 * a failure that the operation does not declare, an error that is no `ServiceError`, and a call of an operation that has no
 * handler here fail the test, and not only the call. Its handlers get input and context as a service's do; they may publish
 * the contract's events with `ctx.publish`, and throw a `ServiceError` (`unavailable`, say) as any service may.
 *
 * @example
 * const bank = fake(payments, { charge: ({ cents }) => ({ chargeId: `of ${cents} cents` }) })
 * await using test = await startTestApp([ordersService], { fakes: [bank] })
 */
export function fake<C extends Contract>(contract: C, handlers: FakeHandlers<C>): Fake {
  // By name, as JavaScript has them; the type says the same for each operation by itself.
  const given = handlers as Readonly<Record<string, Handler | undefined>>
  const surplus = Object.keys(given).filter((name) => !Object.hasOwn(contract.operations, name))
  if (surplus.length > 0)
    throw new TypeError(
      `The fake of '${contract.name}' answers ${surplus.map((name) => `'${name}'`).join(', ')}, which its contract does not have.`,
    )
  return { contract, definition: definitionOf(contract, (name) => given[name] ?? notFaked(contract, name)) }
}

/** Stands for a service that a test has said nothing about: whoever calls it fails the test. */
export function standIn(contract: Contract): Fake {
  return { contract, definition: definitionOf(contract, (name) => notThere(contract, name)) }
}

export type Handler = (input: unknown, ctx: HandlerContext, items?: AsyncIterable<unknown>) => unknown

/** A service whose handlers `handlerOf` gives, by the name of the operation. */
export function definitionOf(
  contract: Contract,
  handlerOf: (operation: string) => Handler,
  stop?: () => void | Promise<void>,
): ServiceDefinition {
  const operations = Object.fromEntries(Object.keys(contract.operations).map((name) => [name, handlerOf(name)]))
  // One for each operation, as the contract asks for.
  return defineService(contract, { operations: operations as Handlers<Contract>, ...(stop && { stop }) })
}

function notFaked({ name }: Contract, operation: string): Handler {
  return () => {
    throw new Error(`The fake has no handler for it: write fake(${name}, { ${operation}: … }).`)
  }
}

function notThere({ name }: Contract, operation: string): Handler {
  return () => {
    throw new Error(
      `Nothing runs here for '${name}': add it to \`only\`, or give \`fakes: [fake(${name}, { ${operation}: … })]\`.`,
    )
  }
}

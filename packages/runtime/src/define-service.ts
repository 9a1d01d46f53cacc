import { type Contract, DefinitionError, type Schema } from '@holon/contract'
import type { Store } from '@holon/data'
import type { ServiceDefinition, ServiceOptions, Uses } from './service.ts'

/** What `ctx` holds already, so that no client can have the name. */
const reserved: readonly string[] = [
  'store', 'config', 'log', 'platform', 'stopping', 'operation', 'caller', 'identity', 'idempotencyKey', 'trace', 'signal', 'remainingMs',
]

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
  const definition = options as unknown as Partial<ServiceDefinition>
  const handlers = definition.operations ?? {}
  const uses = definition.uses ?? {}
  const problems: string[] = []
  for (const name of Object.keys(contract.operations)) {
    if (typeof handlers[name] !== 'function') problems.push(`operation '${name}' has no handler; add it to 'operations'`)
  }
  for (const name of Object.keys(handlers)) {
    if (!Object.hasOwn(contract.operations, name)) problems.push(`handler '${name}' answers no operation of the contract; remove it or declare the operation`)
  }
  for (const [name, used] of Object.entries(uses)) {
    if (reserved.includes(name)) problems.push(`uses '${name}': ctx.${name} means something else; give the contract another name here`)
    if (used.name === contract.name) problems.push(`uses '${name}': a service cannot use itself; call the function`)
  }
  if (problems.length > 0) throw new DefinitionError(`Service '${contract.name}'`, problems)
  const { store, config, start, stop } = definition
  return { contract, uses, store, config, operations: handlers, start, stop }
}

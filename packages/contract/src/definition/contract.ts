import { DefinitionError } from '../kernel/definition-error.ts'
import { fingerprintOf } from '../kernel/fingerprint.ts'
import { compileOperation, type CompiledOperation } from './compiled.ts'
import { contractProblems } from './contract-problems.ts'
import { compileEvent, type ContractEvent, type EventDefinition } from './event.ts'
import type { Operation, OperationDefinition } from './operation.ts'

/** What a contract is made from. */
export interface ContractDefinition {
  readonly operations?: { readonly [name: string]: OperationDefinition }
  readonly events?: { readonly [name: string]: EventDefinition }
  readonly description?: string
}

/** What a service promises. A plain value that knows nothing of how or where the service runs. */
export interface Contract<
  Name extends string = string,
  Ops extends { readonly [name: string]: Operation } = { readonly [name: string]: Operation },
  Events extends { readonly [name: string]: ContractEvent } = { readonly [name: string]: ContractEvent },
> {
  readonly name: Name
  readonly operations: Ops
  readonly events: Events
  readonly description: string | undefined
  /** Equal for contracts with equal promises; 16 hex digits. */
  readonly fingerprint: string
}

type OperationsOf<D extends ContractDefinition> = D extends {
  readonly operations: infer Ops extends Record<string, OperationDefinition>
}
  ? { readonly [K in keyof Ops]: Operation<Ops[K]> }
  : Record<never, Operation>
type EventsOf<D extends ContractDefinition> = D extends {
  readonly events: infer Events extends Record<string, EventDefinition>
}
  ? { readonly [K in keyof Events]: ContractEvent<Events[K]> }
  : Record<never, ContractEvent>

/**
 * Defines a contract: what a service promises, and all that others import of it.
 *
 * @throws DefinitionError naming every mistake at once: bad names, schemas that JSON Schema cannot express, path
 *   parameters without a field, clashing routes, …
 *
 * @example
 * export const greeter = defineContract('greeter', {
 *   operations: {
 *     hello: query({ http: 'GET /hello/{name}', input: z.object({ name: z.string() }), output: z.string() }),
 *   },
 *   events: { greeted: event({ key: 'name', data: z.object({ name: z.string() }) }) },
 * })
 */
export function defineContract<const Name extends string, const D extends ContractDefinition>(
  name: Name,
  definition: D,
): Contract<Name, OperationsOf<D>, EventsOf<D>> {
  const problems = contractProblems(name, definition)
  // Without a prototype: who looks a foreign name up finds what was declared, never `Object.prototype`'s members.
  const operations = Object.create(null) as Record<string, Operation>
  const events = Object.create(null) as Record<string, ContractEvent>
  for (const [key, operation] of Object.entries(definition.operations ?? {})) {
    const compiled: CompiledOperation = compileOperation(operation, (problem) =>
      problems.push(`operation '${key}': ${problem}`),
    )
    operations[key] = { id: `${name}.${key}`, service: name, name: key, definition: operation, compiled }
  }
  for (const [key, event] of Object.entries(definition.events ?? {})) {
    const compiled = compileEvent(event, (problem) => problems.push(`event '${key}': ${problem}`))
    events[key] = { id: `${name}.${key}`, service: name, name: key, definition: event, compiled }
  }
  if (problems.length > 0) throw new DefinitionError(`Contract '${name}'`, problems)
  const fingerprint = fingerprintOf([
    name,
    Object.values(operations).map((operation) => [operation.name, operation.compiled.fingerprint]),
    ...Object.values(events).map((each) => [each.name, each.compiled.fingerprint]),
  ])
  const contract: Contract = { name, operations, events, description: definition.description, fingerprint }
  // Each name of the definition has got its operation or event above, which the compiler cannot follow.
  return contract as Contract<Name, OperationsOf<D>, EventsOf<D>>
}

// What every hand-written variant has: an answering side that validates, and a calling side of functions.
import { type Calls, type Handlers, operationsOf, type PlainOperation, type ServiceName } from './operations.ts'

type PlainHandler = (input: unknown, calls: Calls) => unknown

/** Answers one operation: Zod validates the input and the output, as Holon does. */
export type Answer = (input: unknown) => Promise<unknown>

export interface AnsweredOperation extends PlainOperation {
  readonly answer: Answer
}

/** The operations of a service, ready to be called with whatever came over the wire. */
export function answersOf(service: ServiceName, handlers: Handlers, calls: Calls): readonly AnsweredOperation[] {
  return operationsOf(service).map((operation) => {
    const handler = (handlers[service] as Readonly<Record<string, PlainHandler>>)[operation.name]
    if (handler === undefined) throw new TypeError(`${service}.${operation.name} has no handler.`)
    const answer: Answer = async (input) => operation.output.parse(await handler(operation.input.parse(input), calls))
    return { ...operation, answer }
  })
}

/** Functions for the operations of the named services. `connect` makes the function of one operation. */
export function callsTo(
  services: readonly ServiceName[],
  connect: (operation: PlainOperation) => (input: unknown) => Promise<unknown>,
): Calls {
  // One function for each operation of each service, as its type says.
  return Object.fromEntries(
    services.map((service) => [
      service,
      Object.fromEntries(operationsOf(service).map((operation) => [operation.name, connect(operation)])),
    ]),
  ) as unknown as Calls
}

/** Calls that are function calls: what the answers of the variants are compared with. */
export function directCalls(handlers: Handlers): Calls {
  const calls: Calls = callsTo(Object.keys(handlers) as ServiceName[], ({ service, name }) => {
    const handler = (handlers[service] as Readonly<Record<string, PlainHandler>>)[name]
    return async (input) => handler?.(input, calls)
  })
  return calls
}

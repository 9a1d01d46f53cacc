import type { CallOptions, Client, Contract, Items, Operation } from '@holon/contract'

import type { CallOrigin, Invoker } from './invoker.ts'

/**
 * A typed client of a contract for calls that no handler makes: those of a program's own edge, or of a test. `origin` is what
 * all of its calls have in common, above all on whose behalf they are; the options of a call go before it.
 */
export function outsideClient<C extends Contract>(invoker: Invoker, contract: C, origin: CallOrigin = {}): Client<C> {
  const methods = Object.values(contract.operations).map((operation) => [
    operation.name,
    methodOf(invoker, operation, origin),
  ])
  // A method for each operation, as its types say.
  return Object.fromEntries(methods) as Client<C>
}

function methodOf(invoker: Invoker, operation: Operation, origin: CallOrigin): (...args: unknown[]) => unknown {
  const takesItems = operation.compiled.clientStream !== undefined
  const givesItems = operation.compiled.serverStream !== undefined
  return (input, ...rest) => {
    // What the types of the client ask for.
    const [items, options] = takesItems ? (rest as [Items<unknown>, CallOptions?]) : [undefined, rest[0] as CallOptions]
    const from = { ...origin, ...options }
    return givesItems ? invoker.stream(operation, input, from, items) : invoker.call(operation, input, from, items)
  }
}

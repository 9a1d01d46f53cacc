import type { Contract, Items, Operation } from '@holon/contract'

import type { Caller, Calls } from './calls.ts'
import type { CallOrigin } from './invoker.ts'

const callerOf: unique symbol = Symbol('caller')

/** What a client's methods reach through their object. The key is a symbol: an operation may have any name. */
interface BoundClient {
  readonly [callerOf]: Caller
}

/**
 * Makes the clients of a contract: an object with one method per operation, cheap to make again for each call that is
 * being answered, because the methods are made once and live on its prototype.
 */
export function createClientFactory(
  contract: Contract,
  calls: Pick<Calls, 'call' | 'stream'>,
): (caller: Caller) => object {
  const methods: PropertyDescriptorMap = {}
  for (const [name, operation] of Object.entries(contract.operations))
    methods[name] = { value: methodOf(operation, calls), enumerable: true }
  class ServiceClient implements BoundClient {
    readonly [callerOf]: Caller

    constructor(caller: Caller) {
      this[callerOf] = caller
    }
  }
  Object.defineProperties(ServiceClient.prototype, methods)
  return (caller) => new ServiceClient(caller)
}

function methodOf(operation: Operation, calls: Pick<Calls, 'call' | 'stream'>): (...args: unknown[]) => unknown {
  const { definition } = operation
  const takesItems = definition.kind === 'stream' && definition.clientStream !== undefined
  const givesItems = definition.kind === 'stream' && definition.serverStream !== undefined
  // Without rest parameters for what most calls are.
  if (!takesItems && !givesItems)
    return function (this: BoundClient, input: unknown, origin?: CallOrigin) {
      return calls.call(this[callerOf], operation, { input, items: undefined, origin })
    } as Method // called as a method of the client, with what its types ask for
  return function (this: BoundClient, input: unknown, ...rest: unknown[]) {
    // Both casts: it is called with what the types of the client ask for.
    const [items, origin] = takesItems ? (rest as [Items<unknown>, CallOrigin?]) : [undefined, rest[0] as CallOrigin]
    const outgoing = { input, items, origin }
    return givesItems
      ? calls.stream(this[callerOf], operation, outgoing)
      : calls.call(this[callerOf], operation, outgoing)
  }
}

type Method = (...args: unknown[]) => unknown

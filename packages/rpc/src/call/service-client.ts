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
 * being answered, because a method is made when it is asked for. It works without its client, as its type says.
 */
export function createClientFactory(
  contract: Contract,
  calls: Pick<Calls, 'call' | 'stream'>,
): (caller: Caller) => object {
  const methods: PropertyDescriptorMap = {}
  for (const [name, operation] of Object.entries(contract.operations)) {
    const bind = binderOf(operation, calls)
    methods[name] = {
      enumerable: true,
      get(this: BoundClient) {
        return bind(this[callerOf])
      },
    }
  }
  class ServiceClient implements BoundClient {
    readonly [callerOf]: Caller

    constructor(caller: Caller) {
      this[callerOf] = caller
    }
  }
  Object.defineProperties(ServiceClient.prototype, methods)
  return (caller) => new ServiceClient(caller)
}

type Method = (...args: unknown[]) => unknown

function binderOf(operation: Operation, calls: Pick<Calls, 'call' | 'stream'>): (caller: Caller) => Method {
  const { definition } = operation
  const takesItems = definition.kind === 'stream' && definition.clientStream !== undefined
  const givesItems = definition.kind === 'stream' && definition.serverStream !== undefined
  // Without rest parameters for what most calls are. All casts: it is called with what the types of the client ask for.
  if (!takesItems && !givesItems)
    return (caller) =>
      ((input: unknown, origin?: CallOrigin) =>
        calls.call(caller, operation, { input, items: undefined, origin })) as Method
  return (caller) =>
    (input, ...rest) => {
      const [items, origin] = takesItems ? (rest as [Items<unknown>, CallOrigin?]) : [undefined, rest[0] as CallOrigin]
      const outgoing = { input, items, origin }
      return givesItems ? calls.stream(caller, operation, outgoing) : calls.call(caller, operation, outgoing)
    }
}

import type { Contract, Items, Operation } from '@holon/contract'
import type { CallOrigin } from './invoker.ts'
import type { Caller, Calls } from './calls.ts'

/** What a client's methods reach through their object: set for each call that is being answered. */
interface BoundClient {
  readonly caller: Caller
}

/**
 * Makes the clients of a contract: an object with one method per operation, cheap to make again for each call that is
 * being answered, because the methods are made once and live on its prototype.
 */
export function createClientFactory(contract: Contract, calls: Calls): (caller: Caller) => object {
  const methods: PropertyDescriptorMap = {}
  for (const [name, operation] of Object.entries(contract.operations)) methods[name] = { value: methodOf(operation, calls), enumerable: true }
  const prototype: object = Object.create(null, methods) as object
  return (caller) => Object.create(prototype, { caller: { value: caller } }) as object
}

function methodOf(operation: Operation, calls: Calls): (...args: unknown[]) => unknown {
  const { definition } = operation
  const takesItems = definition.kind === 'stream' && definition.clientStream !== undefined
  const givesItems = definition.kind === 'stream' && definition.serverStream !== undefined
  return function (this: BoundClient, input: unknown, ...rest: unknown[]) {
    const [items, origin] = takesItems ? (rest as [Items<unknown>, CallOrigin?]) : [undefined, rest[0] as CallOrigin | undefined]
    const outgoing = { input, items, origin }
    return givesItems ? calls.stream(this.caller, operation, outgoing) : calls.call(this.caller, operation, outgoing)
  }
}

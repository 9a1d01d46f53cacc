import type { Identity } from '@holon/contract'
import { type Invoker, outsideClient } from '@holon/rpc'
import type { Instance } from '@holon/runtime'

import { testCaller } from './instances.ts'
import type { TestClients } from './test-app.ts'

export interface ClientsParts {
  readonly instance: () => Instance
  /** Names of all that can be called. */
  readonly services: readonly string[]
  /** @throws if a fake has broken its contract. */
  readonly assertKept: () => void
}

/** Typed clients that a test calls with. */
export function testClients({ instance, services, assertKept }: ClientsParts): TestClients {
  const invoker = (caller: 'test' | 'cli' = testCaller): Invoker => guarded(instance().invoker(caller), assertKept)
  return {
    invoker,
    client: (contract, identity) => {
      if (!services.includes(contract.name))
        throw new TypeError(
          `'${contract.name}' does not run here (${services.join(', ')} do): add it to \`only\` or to the services of the app.`,
        )
      return outsideClient(invoker(), contract, { identity: toIdentity(identity) })
    },
  }
}

/** Whose issuer nobody looks at may be given by the subject alone. */
export function toIdentity(identity: string | Identity | undefined): Identity | undefined {
  return typeof identity === 'string' ? { subject: identity, issuer: 'test', claims: {} } : identity
}

/** Tells of a fake that broke its contract in place of what the caller is told. */
function guarded(invoker: Invoker, assertKept: () => void): Invoker {
  const checked = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer
    } finally {
      assertKept()
    }
  }
  return {
    call: (...call) => checked(invoker.call(...call)),
    callForJson: (...call) => invoker.callForJson(...call),
    stream: (...call) => {
      const items = invoker.stream(...call)
      return {
        // No generator: that would let nobody leave while it waits for an item.
        [Symbol.asyncIterator]: () => {
          const iterator = items[Symbol.asyncIterator]()
          return {
            next: () => checked(iterator.next()),
            return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
          }
        },
      }
    },
  }
}

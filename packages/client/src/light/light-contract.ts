import type { Contract, Operation } from '@holon/contract'

import { type LightContract, type LightOperation, mayAnswerNothing } from '../light-contract.ts'

/**
 * What a client needs of a contract, as JSON: no schemas, no library, and nothing of operations that HTTP does not
 * carry.
 *
 * @param names The operations to keep; default: all that HTTP carries. Those that a gateway does not expose say
 *   something of what is inside.
 *
 * @example
 * import { writeFile } from 'node:fs/promises'
 *
 * await writeFile('orders.json', JSON.stringify(lightContract(orders, ['place', 'follow'])))
 */
export function lightContract<C extends Contract>(
  contract: C,
  names: readonly (keyof C['operations'] & string)[] = Object.keys(contract.operations),
): LightContract {
  const kept = names.flatMap((name) => {
    const operation = contract.operations[name]
    if (operation === undefined) throw new TypeError(`Contract '${contract.name}' has no operation '${name}'.`)
    const { route, clientStream } = operation.compiled
    return route === undefined || clientStream !== undefined ? [] : [[name, lightOperation(operation)] as const]
  })
  return { name: contract.name, operations: Object.fromEntries(kept) }
}

function lightOperation({ id, definition, compiled }: Operation): LightOperation {
  const { route, places, auth, timeoutMs, serverStream } = compiled
  return {
    id,
    definition: { kind: definition.kind },
    compiled: {
      ...(route && { route: { method: route.method, path: route.path } }),
      ...(places && { places }),
      auth,
      ...(!mayAnswerNothing(compiled) && { output: true as const }),
      ...(timeoutMs !== Infinity && { timeoutMs }),
      ...(serverStream && { serverStream: true }),
    },
  }
}

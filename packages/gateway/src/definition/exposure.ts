import type { Contract } from '@holon/contract'

/** A contract and those of its operations that outside clients may call. Made by `expose`. */
export interface Exposure {
  readonly contract: Contract
  readonly operations: readonly string[]
}

/**
 * Names the operations of a contract that outside clients may call.
 *
 * @example
 * const gateway: GatewayDefinition = { prefix: '/api', expose: [expose(orders, ['place'])] }
 */
export function expose<C extends Contract>(
  contract: C,
  operations: readonly (keyof C['operations'] & string)[],
): Exposure {
  return { contract, operations }
}

/** What is wrong with what a gateway exposes of the app's services; empty if nothing is. */
export function exposureProblems(expose: readonly Exposure[], services: readonly string[]): readonly string[] {
  const problems: string[] = []
  for (const { contract, operations } of expose) {
    if (!services.includes(contract.name))
      problems.push(`gateway: exposes '${contract.name}', which is not among the app's services`)
    for (const operation of operations) {
      if (!Object.hasOwn(contract.operations, operation))
        problems.push(`gateway: exposes '${contract.name}.${operation}', which the contract does not have`)
    }
  }
  return problems
}

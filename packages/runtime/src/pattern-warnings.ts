import { type Contract, isRecord } from '@holon/contract'

import { explodes } from './exploding-pattern.ts'

/** What is to be said about patterns by which a caller can make the process stand still. */
export function patternWarnings(contract: Contract): readonly string[] {
  return Object.values(contract.operations).flatMap(({ id, compiled }) => {
    const taken = [compiled.input, compiled.clientStream].flatMap((schema) => [...patternsIn(schema?.inputJson)])
    return [...new Set(taken)]
      .filter(explodes)
      .map(
        (pattern) =>
          `The pattern ${pattern} in the input of ${id} takes exponential time with a text that nearly matches, and nothing else runs in the process meanwhile. Let no repetition stand alone within another: (a+)+ is a+, and (\\w+\\s?)* is (\\w+(\\s\\w+)*)?.`,
      )
  })
}

function* patternsIn(node: unknown): Generator<string> {
  if (Array.isArray(node)) for (const each of node) yield* patternsIn(each)
  if (!isRecord(node)) return
  if (typeof node['pattern'] === 'string') yield node['pattern']
  if (isRecord(node['patternProperties'])) yield* Object.keys(node['patternProperties'])
  for (const value of Object.values(node)) yield* patternsIn(value)
}

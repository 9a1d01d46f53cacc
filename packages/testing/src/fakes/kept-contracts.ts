import { emitWarning } from 'node:process'

import { isServiceError, messageOf, type Observation } from '@holon/contract'

/** Fakes did what their contracts do not allow, or were called without an answer at hand. The test has failed. */
export class BrokenFake extends Error {
  override readonly name: string = 'BrokenFake'
  /** What each did, in order. */
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(
      `What stands for a service in this test did what the service cannot:\n${problems.map((each) => `- ${each}`).join('\n')}`,
    )
    this.problems = problems
  }
}

/** Sees to it that fakes do only what their contracts allow. */
export interface KeptContracts {
  observe(observation: Observation): void
  /** No longer watches a service. */
  forget(service: string): void
  /** @throws BrokenFake if one did not, at any time so far. */
  assert(): void
  /**
   * The same at the end of an `await using`, with a warning of the process: where the test has failed already, the runtime makes
   * one error of both, a `SuppressedError`, of which runners show neither.
   */
  assertAloud(): void
}

type Handled = Extract<Observation, { kind: 'call-handled' }>

/**
 * Watches what the services of these names answer. What their contracts do not allow has been found where answers of all
 * services are checked; the caller is only told `internal`, and the cause is what an observer hears.
 */
export function keptContracts(names: readonly string[]): KeptContracts {
  const fakes = new Set(names)
  const problems: string[] = []
  return {
    observe: (observation) => {
      if (observation.kind !== 'call-handled' || !fakes.has(observation.service)) return
      const problem = problemOf(observation)
      if (problem !== undefined)
        problems.push(`${observation.call.operation}, called by ${observation.call.caller}: ${problem}`)
    },
    forget: (service) => void fakes.delete(service),
    assert: () => {
      if (problems.length > 0) throw new BrokenFake([...problems])
    },
    assertAloud: () => {
      if (problems.length === 0) return
      const broken = new BrokenFake([...problems])
      emitWarning(broken)
      throw broken
    },
  }
}

function problemOf({ error, cause, call }: Handled): string | undefined {
  if (error === undefined) return undefined
  const { failure } = error
  if (failure !== undefined && failure.origin !== call.operation)
    return `It failed with '${failure.name}' of ${failure.origin}, which is no failure of its own.`
  // Anything else than the fake's own ServiceError, or the caller's mistake, has become `internal`.
  if (error.code !== 'internal' || isServiceError(cause)) return undefined
  return messageOf(cause)
}

import type { AnyKeptProcess } from '../process/kept-process.ts'

// A program that dies this often without ever having been ready has a mistake that time does not mend.
const firstStartAttempts = 3

/** Why a process is given up at its first start; undefined while there is hope. */
export function firstStartProblem(kept: AnyKeptProcess): string | undefined {
  const { state } = kept
  if (state.phase === 'halted') return state.reason
  if (state.phase === 'backing-off' && kept.failures >= firstStartAttempts) return state.reason
  return undefined
}

/** Processes that start for the first time, and what to do when all are ready or one is given up. */
export class FirstStart {
  readonly #waiting = new Set<string>()
  readonly #problems = new Map<string, string>()
  readonly #outcome = Promise.withResolvers<readonly string[]>()

  constructor(names: readonly string[]) {
    for (const name of names) this.#waiting.add(name)
    this.#conclude()
  }

  /** Resolves with what went wrong once every process is either ready or given up. */
  get settled(): Promise<readonly string[]> {
    return this.#outcome.promise
  }

  /** Whether some process was given up, so that the start as a whole cannot succeed. */
  get doomed(): boolean {
    return this.#problems.size > 0
  }

  /** To be told of each change of a process. */
  observe(name: string, kept: AnyKeptProcess): void {
    if (!this.#waiting.has(name)) return
    const problem = firstStartProblem(kept)
    if (problem !== undefined) this.#problems.set(name, problem)
    if (problem === undefined && kept.state.phase !== 'running') return
    this.#waiting.delete(name)
    this.#conclude()
  }

  /** Settles now with what is known. */
  giveUp(): void {
    this.#waiting.clear()
    this.#conclude()
  }

  #conclude(): void {
    if (this.#waiting.size === 0)
      this.#outcome.resolve([...this.#problems].map(([name, problem]) => `${name} cannot start: ${problem}`))
  }
}

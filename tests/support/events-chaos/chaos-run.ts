import { ManualPlatform } from '@holon/contract/manual-platform'
import { expect } from 'vitest'

import type { Audit, Progress } from './books.ts'
import type { EventsLab } from './events-lab.ts'

/** What came in meanwhile is worked off at the machine's pace; that nothing moves for a minute is a failure. */
export const settleWithinMs = 1_800_000
const stuckAfterMs = 60_000

/** One scenario of the kill suite under way: its seed, and the books when it began. */
export class ChaosRun {
  readonly lab: EventsLab
  readonly random: () => number
  readonly #name: string
  readonly #seed: number
  readonly #startMs = Date.now()
  readonly #before: Progress

  private constructor(lab: EventsLab, name: string, { seed, before }: { seed: number; before: Progress }) {
    this.lab = lab
    this.random = new ManualPlatform({ seed }).random
    this.#name = name
    this.#seed = seed
    this.#before = before
  }

  static async begin(lab: EventsLab, name: string, seed: number): Promise<ChaosRun> {
    return new ChaosRun(lab, name, { seed, before: await lab.progress() })
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)] as T
  }

  /** Begins to move accounts, a fifth of the times in vain. */
  load(seed: number): void {
    this.lab.producer.send({ kind: 'load', seed })
  }

  /** Ends the load; resolves to the failures that the producer has met and did not make on purpose. */
  async quiet(): Promise<readonly string[]> {
    this.lab.producer.send({ kind: 'quiet' })
    return (await this.lab.producer.hear('quiet')).unexpected
  }

  /** Prints one line that the reference quotes. */
  report(told: Readonly<Record<string, unknown>>, books: Audit): void {
    const counts = {
      published: books.published - this.#before.published,
      applied: books.applied - this.#before.applied,
      problems: books.problems.length,
      tookS: Math.round((Date.now() - this.#startMs) / 1000),
    }
    console.log(`chaos: ${JSON.stringify({ bus: this.#name, seed: this.#seed, ...told, ...counts })}`)
  }
}

/** Waits until everything published has been applied, and expects the books to agree then. */
export async function settle(run: ChaosRun, told: Readonly<Record<string, unknown>>): Promise<Audit> {
  const endMs = Date.now() + settleWithinMs
  let [last, movedMs] = ['', Date.now()]
  while (Date.now() < endMs && Date.now() - movedMs < stuckAfterMs) {
    const { applied, waiting, behind } = await run.lab.progress()
    if (waiting === 0 && behind === 0) break
    // A subscription of a second version may be behind alone.
    const moved = `${applied} ${behind}`
    if (moved !== last) movedMs = Date.now()
    last = moved
    await pause(250)
  }
  const books = await run.lab.audit()
  run.report(told, books)
  expect(books.problems).toEqual([])
  expect(books.behind).toBe(0)
  return books
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

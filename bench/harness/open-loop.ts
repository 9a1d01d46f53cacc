// The open loop: work arrives at its own rate, whether or not what came before is done.
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'

import { type LoopResult, loopResult } from './closed-loop.ts'
import { Histogram } from './histogram.ts'

export interface OpenLoopOptions {
  /** Arrivals per second, evenly spaced. */
  readonly ratePerS: number
  readonly warmUpMs: number
  readonly windowMs: number
  /**
   * Looks for the next arrival in every turn of the event loop instead of sleeping: exact to some µs, and needs a core of
   * its own. Sleeping is exact to about 1 ms.
   */
  readonly spin: boolean
  readonly onEdge: (edge: 'begin' | 'end') => Promise<void>
}

/** Takes the time of one request of the work that has arrived, until it resolves. `due`: when it should have begun. */
export type Timed = <T>(request: () => Promise<T>, due?: number) => Promise<T>

/** More work than this waiting means that the rate is not sustained. */
const mostWaiting = 2000

/** Runs `work` (with its number) at a fixed rate. Latency counts from when a request was due, not from when it was sent. */
export async function openLoop(
  work: (n: number, timed: Timed, due: number) => Promise<void>,
  { ratePerS, warmUpMs, windowMs, spin, onEdge }: OpenLoopOptions,
): Promise<LoopResult> {
  const histogram = new Histogram()
  const state = { n: 0, waiting: 0, measuring: false, errors: 0, firstError: undefined as string | undefined }
  const fail = (error: unknown): void => {
    state.errors++
    state.firstError ??= error instanceof Error ? error.message : String(error)
  }
  const timed: Timed = async (request, due = performance.now()) => {
    const answer = await request()
    if (state.measuring) histogram.add(performance.now() - due)
    return answer
  }
  const started = performance.now()
  /** Lets work arrive until `endMs` after the start. */
  const arriveUntil = async (endMs: number): Promise<void> => {
    for (;;) {
      const due = started + (state.n * 1000) / ratePerS
      if (due >= started + endMs) return
      const early = due - performance.now()
      if (early > 0) {
        await (spin ? turn() : sleep(early))
        continue
      }
      if (state.waiting >= mostWaiting) throw new Error(`${ratePerS}/s are not sustained: ${mostWaiting} are waiting`)
      state.waiting++
      void work(state.n++, timed, due)
        .catch(fail)
        .finally(() => state.waiting--)
    }
  }
  await arriveUntil(warmUpMs)
  await onEdge('begin')
  const began = performance.now()
  state.measuring = true
  await arriveUntil(performance.now() - started + windowMs)
  state.measuring = false
  const ended = performance.now()
  await onEdge('end')
  for (const over = ended + 10_000; state.waiting > 0 && performance.now() < over;) await sleep(5)
  if (state.waiting > 0) fail(new Error(`${state.waiting} were not answered within 10 s`))
  return loopResult(histogram, ended - began, state)
}

// The closed loop: so many callers, each waiting for its answer before its next call.
import { setTimeout as sleep } from 'node:timers/promises'

import { Histogram } from './histogram.ts'

export interface LoopOptions {
  readonly inFlight: number
  readonly warmUpMs: number
  readonly windowMs: number
  /** Awaited just outside the measured window, while the load goes on: CPU and memory are read there. */
  readonly onEdge: (edge: 'begin' | 'end') => Promise<void>
}

export interface LoopResult {
  readonly calls: number
  readonly errors: number
  readonly firstError: string | undefined
  readonly seconds: number
  readonly p50Us: number
  readonly p99Us: number
  readonly maxUs: number
}

/** More failures than this end the loop: there is nothing to learn from further ones. */
const mostErrors = 100

/**
 * What is called. Two functions, because a layer of promises more would cost as much as a call over a raw socket.
 */
export interface Repeated<Answer> {
  /** Makes call number n. */
  readonly call: (n: number) => Promise<Answer>
  /** Throws when this is not the answer of call number n. */
  readonly check: (answer: Answer, n: number) => void
}

/** Calls again and again from each of the callers. */
export async function closedLoop<Answer>({ call, check }: Repeated<Answer>, options: LoopOptions): Promise<LoopResult> {
  const histogram = new Histogram()
  const state = { n: 0, stopped: false, measuring: false, errors: 0, firstError: undefined as string | undefined }
  const caller = async (): Promise<void> => {
    let started = performance.now()
    while (!state.stopped) {
      const n = state.n++
      try {
        check(await call(n), n)
      } catch (error) {
        state.errors++
        state.firstError ??= error instanceof Error ? error.message : String(error)
        if (state.errors >= mostErrors) state.stopped = true
        continue
      }
      const answered = performance.now()
      if (state.measuring) histogram.add(answered - started)
      started = answered
    }
  }
  const callers = Array.from({ length: options.inFlight }, () => caller())
  await sleep(options.warmUpMs)
  await options.onEdge('begin')
  const began = performance.now()
  state.measuring = true
  await sleep(options.windowMs)
  state.measuring = false
  const ended = performance.now()
  await options.onEdge('end')
  state.stopped = true
  await Promise.all(callers)
  return loopResult(histogram, ended - began, state)
}

/** What a loop has measured in `windowMs`. */
export function loopResult(
  histogram: Histogram,
  windowMs: number,
  { errors, firstError }: Pick<LoopResult, 'errors' | 'firstError'>,
): LoopResult {
  return {
    calls: histogram.count,
    errors,
    firstError,
    seconds: windowMs / 1000,
    p50Us: histogram.quantile(0.5),
    p99Us: histogram.quantile(0.99),
    maxUs: histogram.quantile(1),
  }
}

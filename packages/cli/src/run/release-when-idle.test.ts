import type { Platform } from '@holon/contract'
import { expect, it } from 'vitest'

import { releaseWhenIdle } from './release-when-idle.ts'

const megabytes = 1024 * 1024

/** A process whose clock, load and heap a test sets. */
function idleProcess() {
  const state = { cpuMs: 0, nowMs: 0, heap: 50 * megabytes, released: 0 }
  const waits: number[] = []
  let timer: (() => void) | undefined
  const platform: Pick<Platform, 'setTimer' | 'monotonicMs'> = {
    monotonicMs: () => state.nowMs,
    setTimer: (callback, delayMs) => {
      timer = callback
      waits.push(delayMs)
      const handle = { cancel: () => {}, unref: () => handle }
      return handle
    },
  }
  releaseWhenIdle(
    {
      cpuMs: () => state.cpuMs,
      heapBytes: () => state.heap,
      release: () => {
        state.released += 1
        state.heap = 20 * megabytes
      },
    },
    platform as Platform,
  )
  /** Time passes in which the process works for a share of it. */
  const tick = (busy = 0): void => {
    state.nowMs += 1000
    state.cpuMs += 1000 * busy
    timer?.()
  }
  return { state, waits, tick }
}

it('memory is given back once the process is idle, not before', () => {
  const { state, tick } = idleProcess()
  tick(0.5)
  expect(state.released).toBe(0)
  tick(0.01)
  expect(state.released).toBe(1)
})

it('an idle process is left alone until it has grown again', () => {
  const { state, tick, waits } = idleProcess()
  tick()
  tick()
  state.heap = 25 * megabytes
  tick()
  expect(state.released).toBe(1)
  state.heap = 40 * megabytes
  tick()
  expect(state.released).toBe(2)
  expect(waits).toEqual([1000, 10_000, 10_000, 10_000, 10_000])
})

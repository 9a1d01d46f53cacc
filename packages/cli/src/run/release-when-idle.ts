import type { Platform } from '@holon/contract'

/** What a process can tell and do about its memory. Made by the `holon` program, or by a test. */
export interface ProcessMemory {
  /** The CPU time that the process has used. */
  cpuMs(): number
  /** How much the heap occupies. */
  heapBytes(): number
  /** Collects all garbage and gives free memory back to the system. Stops the process for some 100 ms. */
  release(): void
}

const firstLookMs = 1_000
const laterLooksMs = 10_000
/** A process that does more than this should not be stopped for it. */
const idleShare = 0.02
/** Less is not worth the work. */
const worthBytes = 8 * 1024 * 1024

/**
 * Gives memory back while the process has nothing to do: after its start, which leaves a third of its memory as garbage,
 * and after each time of load. By itself V8 collects only when something is allocated, so that an idle process keeps
 * for ever what it needed once.
 */
export function releaseWhenIdle(memory: ProcessMemory, platform: Platform): void {
  let keptBytes = 0
  let seen = { atMs: platform.monotonicMs(), cpuMs: memory.cpuMs() }
  const look = (): void => {
    const now = { atMs: platform.monotonicMs(), cpuMs: memory.cpuMs() }
    const isIdle = now.cpuMs - seen.cpuMs < idleShare * (now.atMs - seen.atMs)
    seen = now
    if (isIdle && memory.heapBytes() > keptBytes + worthBytes) {
      memory.release()
      keptBytes = memory.heapBytes()
    }
    platform.setTimer(look, keptBytes === 0 ? firstLookMs : laterLooksMs).unref()
  }
  platform.setTimer(look, firstLookMs).unref()
}

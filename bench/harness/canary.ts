// A disturbed machine shows in two ways: a fixed piece of computing takes longer than it did before (other guests of the
// host, a throttled core), and somebody else's processes use CPU during the window.
import { cpuUsOf, machineCpuUs, usageOf } from './proc.ts'

const table = new Uint32Array(1 << 14).map((_, index) => Math.imul(index, 2654435761))

/** A fixed piece of computing that allocates nothing, in ms. */
function compute(): number {
  const started = performance.now()
  let a = 1
  let b = 2
  for (let i = 0; i < 4e6; i++) {
    a = (Math.imul(a, 3) + (table[(i * 7) & 16383] ?? 0)) | 0
    b = (Math.imul(b, 5) ^ (table[(i * 11) & 16383] ?? 0)) | 0
  }
  return a + b === 0.5 ? 0 : performance.now() - started
}

/** How the machine was during one window. */
export interface Disturbance {
  readonly canaryMs: number
  readonly foreignCores: number
  readonly disturbed: boolean
}

/** A canary this much slower than the best one of the run is a disturbance. */
const slowness = 1.3
/** This much of a core used by others is a disturbance. */
const foreignLimit = 0.1

export class Canary {
  #bestMs = Infinity

  constructor() {
    for (let i = 0; i < 10; i++) this.sing()
  }

  /** The faster of two runs: one alone can be interrupted by the process that is measured. */
  sing(): number {
    const ms = Math.min(compute(), compute())
    this.#bestMs = Math.min(this.#bestMs, ms)
    return ms
  }

  judge(beforeMs: number, foreignCores: number): Disturbance {
    const canaryMs = Math.max(beforeMs, this.sing())
    return { canaryMs, foreignCores, disturbed: canaryMs > this.#bestMs * slowness || foreignCores > foreignLimit }
  }
}

/** Begins to watch what processes other than `own` (and this one) use; the returned function says how many cores. */
export function watchForeign(own: () => readonly number[]): () => number {
  const ownUs = (): number => usageOf(own(), { memory: false }).cpuUs
  const others = (): number => machineCpuUs() - cpuUsOf(process.pid, true) - ownUs()
  const startUs = others()
  const started = performance.now()
  return () => Math.max(0, (others() - startUs) / 1000 / (performance.now() - started))
}

// The process that applies: node events/consumer.ts <variant> <setup>
import { serveWorker } from '../harness/serve-worker.ts'
import { machineMs, type Setup } from './order.ts'
import { tellProgress } from './progress.ts'
import { loadPeer } from './variants.ts'

/** `times`: also when each was applied since the last time. */
export interface ConsumerTask {
  readonly times: boolean
}

export interface AppliedSoFar {
  readonly count: number
  readonly atMs: number
  readonly appliedAt: readonly (readonly [number, number])[]
}

const [variant = '', json = '{}'] = process.argv.slice(2)
const setup = JSON.parse(json) as Setup
/** The last of them are enough: latency is measured at a low rate. */
const mostTimes = 20_000
const state = { count: 0, times: [] as [number, number][] }

await serveWorker(async () => {
  const peer = await loadPeer(variant)
  await peer.consume(setup, (n) => {
    state.count++
    state.times.push([n, machineMs()])
    if (state.times.length > 2 * mostTimes) state.times = state.times.slice(-mostTimes)
  })
  await tellProgress(setup.progress, () => state.count)
  process.on('message', ({ times }: ConsumerTask) => {
    const told: AppliedSoFar = { count: state.count, atMs: machineMs(), appliedAt: times ? state.times : [] }
    if (times) state.times = []
    process.send?.(told)
  })
})

// The process that publishes: node events/producer.ts <variant> <setup>
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'

import { serveWorker } from '../harness/serve-worker.ts'
import { machineMs, orderOf, type Producer, type Setup } from './order.ts'
import { hearProgress } from './progress.ts'
import { loadPeer } from './variants.ts'

/** What the suite asks for. */
export type ProducerTask =
  /** Publishes from `inFlight` callers as fast as it goes, with at most `backlog` that are not applied yet. */
  | { readonly kind: 'flood'; readonly inFlight: number; readonly backlog: number }
  /** Publishes at a rate, whatever becomes of it. */
  | { readonly kind: 'rate'; readonly perS: number; readonly forMs: number }
  /** Stops. Answered once nothing is in flight any more. */
  | { readonly kind: 'stop' }

/** What it answers to `stop`, and when the time of a `rate` is over. */
export interface Published {
  readonly count: number
  readonly errors: number
  readonly firstError: string | undefined
  /** With `rate`: number and time of each commit. */
  readonly committedAt: readonly (readonly [number, number])[]
}

const [variant = '', json = '{}'] = process.argv.slice(2)
const setup = JSON.parse(json) as Setup
const state = { n: 0, applied: 0, stopped: true, errors: 0, firstError: undefined as string | undefined }

async function publish(producer: Producer, n: number, committing: () => void): Promise<void> {
  try {
    await producer.publish(orderOf(n), committing)
  } catch (error) {
    state.errors++
    state.firstError ??= error instanceof Error ? error.message : String(error)
    await sleep(100)
  }
}

const nothing = (): void => {}

async function flood(producer: Producer, { inFlight, backlog }: { inFlight: number; backlog: number }): Promise<void> {
  const caller = async (): Promise<void> => {
    while (!state.stopped) {
      if (state.n - state.applied >= backlog) await sleep(1)
      else await publish(producer, state.n++, nothing)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, () => caller()))
}

/** Looks for the next one in every turn of the event loop near its time, and sleeps before. */
async function steady(producer: Producer, perS: number, forMs: number): Promise<Published['committedAt']> {
  const committedAt: [number, number][] = []
  const working: Promise<void>[] = []
  const started = performance.now()
  for (let index = 0; ; index++) {
    const due = started + (index * 1000) / perS
    if (due > started + forMs) break
    for (let early = due - performance.now(); early > 0; early = due - performance.now()) {
      if (early > 2) await sleep(early - 1.5)
      else await turn()
    }
    const n = state.n++
    working.push(publish(producer, n, () => void committedAt.push([n, machineMs()])))
  }
  await Promise.all(working)
  return committedAt
}

function answer(committedAt: Published['committedAt']): void {
  const { n, errors, firstError } = state
  const published: Published = { count: n, errors, firstError, committedAt }
  process.send?.(published)
}

await serveWorker(async () => {
  const peer = await loadPeer(variant)
  const producer = await peer.produce(setup)
  await hearProgress(setup.progress, (count) => (state.applied = count))
  let flooding: Promise<void> = Promise.resolve()
  process.on('message', (task: ProducerTask) => {
    if (task.kind === 'stop') {
      state.stopped = true
      void flooding.then(() => answer([]))
    } else if (task.kind === 'flood') {
      state.stopped = false
      flooding = flood(producer, task)
    } else void steady(producer, task.perS, task.forMs).then(answer)
  })
})

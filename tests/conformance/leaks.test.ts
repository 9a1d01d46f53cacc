import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { defineApp, defineService } from '@holon/app'
import { command, defineContract, stream } from '@holon/contract'
import { ManualPlatform, settle } from '@holon/contract/manual-platform'
import { memoryNetwork } from '@holon/rpc'
import { type Instance, startInstance } from '@holon/runtime'
import { expect, inject, it } from 'vitest'
import { z } from 'zod'

const work = defineContract('work', {
  operations: {
    answer: command({ input: z.object({ n: z.int() }), output: z.int() }),
    fail: command({}),
    hang: command({}),
    count: stream({ serverStream: z.int() }),
    sum: stream({ clientStream: z.int(), output: z.int() }),
  },
})
let running = 0
const service = defineService(work, {
  operations: {
    answer: ({ n }) => n,
    fail: () => Promise.reject(new Error('no')),
    hang: (_input, ctx) =>
      new Promise((_resolve, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))),
    count: async function* () {
      running++
      try {
        for (let n = 0; ; n++) yield n
      } finally {
        running--
      }
    },
    sum: async (_input, _ctx, items) => {
      let total = 0
      for await (const item of items) total += item
      return total
    },
  },
})

/** Counts the listeners of a signal that many calls share. */
class CountedSignal {
  readonly controller = new AbortController()
  listeners = 0
  readonly signal: AbortSignal

  constructor() {
    const { signal } = this.controller
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      this.listeners++
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      this.listeners--
      remove(...args)
    }
    this.signal = signal
  }
}

async function someCalls(caller: Instance, shared: AbortSignal, count: number): Promise<void> {
  const invoker = caller.invoker('test')
  const ignore = (): void => {}
  const many = Array.from({ length: count }, async (_, n) => {
    const own = new AbortController()
    if (n % 5 === 0) await invoker.call(work.operations.answer, { n }, { signal: shared })
    else if (n % 5 === 1) await invoker.call(work.operations.fail, undefined, { signal: shared }).catch(ignore)
    else if (n % 5 === 2) {
      const hanging = invoker.call(work.operations.hang, undefined, { signal: own.signal }).catch(ignore)
      own.abort()
      await hanging
    } else if (n % 5 === 3) {
      let taken = 0
      for await (const item of invoker.stream(work.operations.count, undefined, { signal: shared }))
        if (++taken === 3 || item === -1) break
    } else await invoker.call(work.operations.sum, undefined, { signal: shared }, [1, 2, 3])
  })
  await Promise.all(many)
}

it.each(['in one process', 'over a link'])(
  '20 000 calls, answered, failed, cancelled and left early, leave nothing behind: %s',
  { timeout: 60_000 },
  async (placement) => {
    const platform = new ManualPlatform({ lateMs: inject('lateMs') })
    const network = memoryNetwork()
    const app = defineApp({ name: 'leaks', services: { work: () => Promise.resolve({ default: service }) } })
    const start = (services: readonly string[], listen: boolean): Promise<Instance> =>
      startInstance({
        app,
        services,
        instance: `${services.join('') || 'caller'}-1`,
        platform,
        network,
        observer: { observe: () => {} },
        environment: {},
        provision: () => Promise.reject(new Error()),
        listen: listen ? { host: 'm', port: 0 } : undefined,
        callers: [{ name: 'test', uses: ['work'] }],
        linkSecret: 'secret',
      })
    const server = await start(['work'], true)
    const caller = placement === 'in one process' ? server : await start([], false)
    if (caller !== server && server.address)
      caller.setPeers([{ instance: server.instance, address: server.address, services: server.services }])
    await settle()
    const shared = new CountedSignal()
    await someCalls(caller, shared.signal, 2_000)
    await settle()
    const heapBefore = await heapMb()
    for (let round = 0; round < 18; round++) await someCalls(caller, shared.signal, 1_000)
    await settle()
    expect(shared.listeners).toBe(0)
    expect(running).toBe(0)
    expect((await heapMb()) - heapBefore).toBeLessThan(6)
    // With nothing left running, stopping needs no grace.
    await Promise.all([caller.stop(0), server.stop(0), platform.pass(2_000)])
    expect(platform.timers).toBe(0)
  },
)

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

async function heapMb(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    collect()
    await settle()
  }
  return process.memoryUsage().heapUsed / 1e6
}

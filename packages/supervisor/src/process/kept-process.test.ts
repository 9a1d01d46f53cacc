import { ManualPlatform } from '@holon/contract/manual-platform'
import { expect, inject, test } from 'vitest'

import { KeptProcess } from './kept-process.ts'
import { type Exit, type Launch, PermanentFailure } from './launch.ts'

/** A process whose fate the test decides. */
interface Puppet extends Launch<string> {
  /** Whether it answers when it is asked. */
  lives: boolean
  /** Where it is found while it does not. */
  where: Promise<string>
  becomeReady(): void
  fail(error: Error): void
  exit(exit: Partial<Exit>): void
  readonly orders: readonly string[]
}

function createPuppet(pid: number): Puppet {
  const ready = Promise.withResolvers<string>()
  const exited = Promise.withResolvers<Exit>()
  ready.promise.catch(() => undefined)
  const orders: string[] = []
  const puppet: Puppet = {
    pid,
    lives: true,
    where: Promise.resolve(`process ${pid} is lost`),
    pulse: {
      ask: () => (puppet.lives ? Promise.resolve('alive') : new Promise(() => undefined)),
      whereabouts: () => puppet.where,
    },
    ready: ready.promise,
    exited: exited.promise,
    orders,
    stop: (graceMs) => void orders.push(`stop within ${graceMs}`),
    kill() {
      orders.push('kill')
      exited.resolve({ code: null, signal: 'SIGKILL' })
    },
    becomeReady: () => ready.resolve(`result of ${pid}`),
    fail: (error) => ready.reject(error),
    exit: ({ code = null, signal = null }) => exited.resolve({ code, signal }),
  }
  return puppet
}

function setUp(halts = true): {
  readonly platform: ManualPlatform
  readonly kept: KeptProcess<string>
  readonly puppets: readonly Puppet[]
  readonly phases: readonly string[]
} {
  const platform = new ManualPlatform({ random: () => 1 - Number.EPSILON, lateMs: inject('lateMs') })
  const puppets: Puppet[] = []
  const phases: string[] = []
  const kept: KeptProcess<string> = new KeptProcess<string>({
    platform,
    readyWithinMs: 5_000,
    silenceMs: 10_000,
    halts: () => halts,
    launch() {
      const puppet = createPuppet(100 + puppets.length)
      puppets.push(puppet)
      return puppet
    },
    onChange: ({ phase }) => void phases.push(phase),
  })
  return { platform, kept, puppets, phases }
}

test('a start that takes too long is ended, later if it is allowed more time', async () => {
  const { platform, kept, puppets } = setUp()
  kept.start()
  await platform.pass(4_000)
  kept.allow(3_000)
  kept.allow(100)
  await platform.pass(2_900)
  expect(puppets[0]?.orders).toEqual([])
  await platform.pass(200)
  expect(puppets[0]?.orders).toEqual(['kill'])
})

test('a process that becomes ready runs, with its result', async () => {
  const { platform, kept, puppets } = setUp()
  kept.start()
  expect(kept.state.phase).toBe('starting')
  puppets[0]?.becomeReady()
  await platform.pass(0)
  expect(kept.state).toMatchObject({ phase: 'running', result: 'result of 100' })
  expect(kept.pid).toBe(100)
})

test('a running process that stops answering is hung, is killed, and is started again', async () => {
  const { platform, kept, puppets, phases } = setUp()
  kept.start()
  puppets[0]?.becomeReady()
  await platform.pass(60_000)
  expect(kept).toMatchObject({ state: { phase: 'running' }, isSilent: false })
  if (puppets[0]) puppets[0].lives = false
  await platform.pass(6_000)
  expect(kept).toMatchObject({ state: { phase: 'running' }, isSilent: true })
  for (let turn = 0; turn < 200 && kept.state.phase !== 'backing-off'; turn += 1) await platform.pass(50)
  expect(kept.state).toMatchObject({
    phase: 'backing-off',
    reason: 'it did not answer for 10 s and was killed; process 100 is lost',
  })
  await platform.pass(200)
  expect(phases).toEqual(['starting', 'running', 'hung', 'failing', 'backing-off', 'starting'])
})

test('one that ends while it is asked where it hangs is known to have hung', async () => {
  const { platform, kept, puppets } = setUp()
  kept.start()
  puppets[0]?.becomeReady()
  await platform.pass(0)
  if (puppets[0]) Object.assign(puppets[0], { lives: false, where: new Promise(() => undefined) })
  await platform.pass(12_100)
  expect(kept.state.phase).toBe('hung')
  puppets[0]?.exit({ signal: 'SIGUSR1' })
  await platform.pass(0)
  expect(kept.state).toMatchObject({
    phase: 'backing-off',
    reason: expect.stringMatching(/did not answer for 10 s; .*SIGUSR1/),
  })
})

test('one that hung after a healthy run begins a new series of starts', async () => {
  const { platform, kept, puppets } = setUp()
  kept.start()
  puppets[0]?.exit({ code: 1 })
  await platform.pass(200)
  puppets[1]?.becomeReady()
  await platform.pass(30_000)
  if (puppets[1]) puppets[1].lives = false
  await platform.pass(12_000)
  expect(kept.failures).toBe(1)
})

test('one that is told to stop is not asked any more', async () => {
  const { platform, kept, puppets } = setUp()
  kept.start()
  puppets[0]?.becomeReady()
  await platform.pass(1_000)
  if (puppets[0]) puppets[0].lives = false
  const stopped = kept.stop(60_000)
  await platform.pass(30_000)
  expect(puppets[0]?.orders).toEqual(['stop within 60000'])
  puppets[0]?.exit({ code: 0 })
  await stopped
  expect(platform.timers).toBe(0)
})

test('a process that dies again and again is started again after pauses that double up to 15 s', async () => {
  const { platform, kept, puppets } = setUp()
  kept.start()
  const pauses: number[] = []
  for (let death = 0; death < 10; death += 1) {
    puppets.at(-1)?.exit({ code: 1 })
    await platform.pass(0)
    if (kept.state.phase !== 'backing-off') throw new Error(`It is ${kept.state.phase}.`)
    pauses.push(kept.state.delayMs)
    expect(kept.pid).toBeUndefined()
    await platform.pass(kept.state.delayMs + inject('lateMs'))
    expect(kept.state.phase).toBe('starting')
  }
  expect(pauses).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000])
  expect(kept.restarts).toBe(10)
})

test('a crash after a healthy run is the first of a new series', async () => {
  const { platform, kept, puppets } = setUp()
  kept.start()
  for (const runMs of [0, 0, 25_000]) {
    puppets.at(-1)?.becomeReady()
    await platform.pass(runMs)
    puppets.at(-1)?.exit({ signal: 'SIGSEGV' })
    await platform.pass(0)
    if (runMs === 0) await platform.pass(1_000)
  }
  expect(kept.state).toMatchObject({ phase: 'backing-off', delayMs: 100, reason: 'killed by SIGSEGV' })
})

test('a permanent failure halts it until it is started again', async () => {
  const { platform, kept, puppets, phases } = setUp()
  kept.start()
  puppets[0]?.fail(new PermanentFailure('bad contract'))
  await platform.pass(0)
  puppets[0]?.exit({ code: 1 })
  await platform.pass(60_000)
  expect(kept.state).toEqual({ phase: 'halted', reason: 'bad contract' })
  kept.start()
  puppets[1]?.becomeReady()
  await platform.pass(0)
  expect(phases).toEqual(['starting', 'failing', 'halted', 'starting', 'running'])
})

test('where nothing may halt, a permanent failure is tried again', async () => {
  const { platform, kept, puppets } = setUp(false)
  kept.start()
  puppets[0]?.fail(new PermanentFailure('port taken'))
  await platform.pass(0)
  puppets[0]?.exit({ code: 1 })
  await platform.pass(0)
  expect(kept.state).toMatchObject({ phase: 'backing-off', reason: 'port taken' })
})

test('one that says it cannot start and then does not end is killed', async () => {
  const { platform, kept, puppets } = setUp()
  kept.start()
  puppets[0]?.fail(new Error('no database'))
  await platform.pass(999)
  expect(puppets[0]?.orders).toEqual([])
  await platform.pass(1 + inject('lateMs'))
  expect(puppets[0]?.orders).toEqual(['kill'])
  expect(kept.state).toMatchObject({ phase: 'backing-off', reason: 'no database' })
})

test('one that is not ready in time is killed and tried again', async () => {
  const { platform, kept, puppets } = setUp()
  kept.start()
  await platform.pass(5_000 + inject('lateMs'))
  expect(puppets[0]?.orders).toEqual(['kill'])
  expect(kept.state.phase).toBe('backing-off')
})

test('a stop asks, waits for the end, and is not followed by a restart', async () => {
  const { platform, kept, puppets } = setUp()
  kept.start()
  puppets[0]?.becomeReady()
  await platform.pass(0)
  const stopped = kept.stop(3_000)
  const again = kept.stop(1)
  expect(kept.state).toMatchObject({ phase: 'stopping', result: 'result of 100' })
  puppets[0]?.exit({ code: 0 })
  await Promise.all([stopped, again])
  await platform.pass(60_000)
  expect(puppets[0]?.orders).toEqual(['stop within 3000'])
  expect(kept.state).toMatchObject({ phase: 'idle' })
  expect(puppets).toHaveLength(1)
})

test('a stop kills what has not ended within its grace', async () => {
  const { platform, kept, puppets } = setUp()
  kept.start()
  const stopped = kept.stop(3_000)
  await platform.pass(3_000 + inject('lateMs'))
  await stopped
  expect(puppets[0]?.orders).toEqual(['stop within 3000', 'kill'])
})

test('a stop during a pause cancels the restart', async () => {
  const { platform, kept, puppets } = setUp()
  kept.start()
  puppets[0]?.exit({ code: 1 })
  await platform.pass(0)
  await kept.stop(1_000)
  await platform.pass(60_000)
  expect(puppets).toHaveLength(1)
  expect(platform.timers).toBe(0)
})

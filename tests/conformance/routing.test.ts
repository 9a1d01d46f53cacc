import { defineApp, defineService } from '@holon/app'
import { command, defineContract, type Observation, query } from '@holon/contract'
import { ManualPlatform, settle } from '@holon/contract/manual-platform'
import { type Address, type ByteStream, memoryNetwork, type Network, type PeerListing } from '@holon/rpc'
import { type Instance, startInstance } from '@holon/runtime'
import { afterEach, expect, inject, it } from 'vitest'
import { z } from 'zod'

const store = defineContract('store', {
  operations: {
    who: query({ output: z.string() }),
    slowQuery: query({ output: z.string() }),
    slowCommand: command({ output: z.string() }),
    deadly: query({ output: z.string() }),
  },
})

interface World {
  readonly platform: ManualPlatform
  readonly dialled: () => number
  readonly observations: Observation[]
  /** Begun calls, by the instance that runs them. */
  readonly begun: string[]
  release(): void
  server(name: string, address?: Address): Promise<Instance>
  caller(): Promise<Instance>
  /** Cuts all connections, as a crash does. */
  crash(): void
}

const running: Instance[] = []
const platforms: ManualPlatform[] = []
afterEach(async () => {
  const stopped = Promise.all(running.splice(0).map((instance) => instance.stop(0)))
  for (const platform of platforms.splice(0)) await platform.pass(5_000)
  await stopped
})

function createWorld(): World {
  const platform = new ManualPlatform({ lateMs: inject('lateMs') })
  platforms.push(platform)
  const observations: Observation[] = []
  const streams: ByteStream[] = []
  const begun: string[] = []
  let dialled = 0
  const releases: (() => void)[] = []
  const crash = (): void => streams.splice(0).forEach((stream) => stream.destroy())
  const inner = memoryNetwork()
  const network: Network = {
    listen: inner.listen,
    connect: async (address, timeoutMs) => {
      dialled++
      const stream = await inner.connect(address, timeoutMs)
      streams.push(stream)
      return stream
    },
  }
  const start = async (name: string, services: readonly string[], listen: Address | undefined): Promise<Instance> => {
    const wait = async (): Promise<string> => {
      begun.push(name)
      await new Promise<void>((resolve) => releases.push(resolve))
      return name
    }
    const die = (): Promise<string> => {
      begun.push(name)
      crash()
      return new Promise(() => {})
    }
    const service = defineService(store, {
      operations: { who: () => name, slowQuery: wait, slowCommand: wait, deadly: die },
    })
    const instance = await startInstance({
      app: defineApp({ name: 'routing', services: { store: () => Promise.resolve({ default: service }) } }),
      services,
      instance: name,
      platform,
      network,
      observer: { observe: (seen) => void observations.push(seen) },
      environment: {},
      provision: () => Promise.reject(new Error('no store here')),
      listen,
      callers: [{ name: 'test', uses: ['store'] }],
      linkSecret: 'secret',
    })
    running.push(instance)
    return instance
  }
  return {
    platform,
    observations,
    begun,
    dialled: () => dialled,
    release: () => releases.splice(0).forEach((go) => go()),
    server: (name, address = { host: 'm', port: 0 }) => start(name, ['store'], address),
    caller: () => start('caller', [], undefined),
    crash,
  }
}

const listing = ({ instance, address, services }: Instance): PeerListing => ({
  instance,
  address: address as Address,
  services,
})
const storeListing = { name: 'store', fingerprint: '', uses: [] }
const who = (caller: Instance, timeoutMs = 60_000): Promise<unknown> =>
  caller
    .invoker('test')
    .call(store.operations.who, undefined, { timeoutMs })
    .catch((error: unknown) => error)

it('a call waits for a link no longer than 5 s, and surely has not run then', async () => {
  const world = createWorld()
  const caller = await world.caller()
  const answer = who(caller)
  await world.platform.pass(4_900)
  const early = await Promise.race([answer, Promise.resolve('waiting')])
  await world.platform.pass(200)
  expect([early, await answer]).toMatchObject(['waiting', { code: 'unavailable', mayHaveRun: false }])
})

it('a call that waits goes out as soon as its service is there', async () => {
  const world = createWorld()
  const caller = await world.caller()
  const answer = who(caller)
  await settle()
  caller.setPeers([listing(await world.server('a'))])
  await world.platform.pass(100)
  expect(await answer).toBe('a')
})

it('a peer that is away is dialled with growing pauses, and found again at the same address', async () => {
  const world = createWorld()
  const caller = await world.caller()
  const first = await world.server('a', { host: 'm', port: 700 })
  caller.setPeers([listing(first)])
  await world.platform.pass(6_000)
  expect(await who(caller)).toBe('a')
  const stopped = first.stop(0)
  await world.platform.pass(2_000)
  await stopped
  const before = world.dialled()
  await world.platform.pass(20_000)
  // 50 ms doubling up to 2 s: about 7 tries on the way up and then one every 1 to 2 s.
  expect(world.dialled() - before).toBeGreaterThan(5)
  expect(world.dialled() - before).toBeLessThan(30)
  await world.server('a', { host: 'm', port: 700 })
  await world.platform.pass(2_100)
  expect(await who(caller)).toBe('a')
})

it('a peer that stays away is told of once a minute, not at each try', async () => {
  const world = createWorld()
  const caller = await world.caller()
  caller.setPeers([{ instance: 'away', address: { host: 'm', port: 999 }, services: [storeListing] }])
  const told = (): number => world.observations.filter(({ kind }) => kind === 'link').length
  await world.platform.pass(50_000)
  expect([told(), world.dialled() > 20]).toEqual([1, true])
  await world.platform.pass(20_000)
  expect(told()).toBe(2)
})

it('a peer that breaks every link at once is not dialled in a storm', async () => {
  const world = createWorld()
  const caller = await world.caller()
  caller.setPeers([listing(await world.server('a'))])
  for (let second = 0; second < 20; second++) {
    await world.platform.pass(1_000)
    world.crash()
  }
  expect(world.dialled()).toBeLessThan(30)
})

it('an instance at another address takes over', async () => {
  const world = createWorld()
  const caller = await world.caller()
  caller.setPeers([listing(await world.server('a'))])
  await world.platform.pass(100)
  expect(await who(caller)).toBe('a')
  const moved = await world.server('b')
  caller.setPeers([listing(moved)])
  await world.platform.pass(100)
  expect(await who(caller)).toBe('b')
})

it('draining instances get no new calls, from the list or by their own word', async () => {
  const world = createWorld()
  const caller = await world.caller()
  const [a, b] = [await world.server('a'), await world.server('b')]
  caller.setPeers([{ ...listing(a), draining: true }, listing(b)])
  await world.platform.pass(100)
  expect(await Promise.all(Array.from({ length: 6 }, () => who(caller)))).toEqual(Array.from({ length: 6 }, () => 'b'))
  caller.setPeers([listing(a), listing(b)])
  await world.platform.pass(100)
  const stopping = a.stop(60_000)
  await world.platform.pass(500)
  expect(await Promise.all(Array.from({ length: 6 }, () => who(caller)))).toEqual(Array.from({ length: 6 }, () => 'b'))
  await world.platform.pass(2_000)
  await stopping
})

it('of several instances the one with the fewest calls in flight is chosen', async () => {
  const world = createWorld()
  const caller = await world.caller()
  caller.setPeers([listing(await world.server('a')), listing(await world.server('b'))])
  await world.platform.pass(100)
  const calls = Array.from({ length: 10 }, () => caller.invoker('test').call(store.operations.slowQuery, undefined))
  await settle()
  expect(world.begun.toSorted()).toEqual([
    ...Array.from({ length: 5 }, () => 'a'),
    ...Array.from({ length: 5 }, () => 'b'),
  ])
  world.release()
  await Promise.all(calls)
})

it('a query is repeated after its link was lost, a command that may have run is not', async () => {
  const world = createWorld()
  const caller = await world.caller()
  caller.setPeers([listing(await world.server('a'))])
  await world.platform.pass(100)
  const asked = caller.invoker('test').call(store.operations.slowQuery, undefined, { timeoutMs: 60_000 })
  const ordered = caller
    .invoker('test')
    .call(store.operations.slowCommand, undefined, { timeoutMs: 60_000 })
    .catch((error: unknown) => error)
  await settle()
  expect(world.begun).toHaveLength(2)
  world.crash()
  await world.platform.pass(1_000)
  expect(await ordered).toMatchObject({ code: 'unavailable', mayHaveRun: true })
  expect(world.begun).toHaveLength(3)
  world.release()
  expect(await asked).toBe('a')
})

it('a query whose peer is lost while it runs ends no more than two processes, and its caller is told so', async () => {
  const world = createWorld()
  const caller = await world.caller()
  caller.setPeers([
    listing(await world.server('a')),
    listing(await world.server('b')),
    listing(await world.server('c')),
    listing(await world.server('d')),
  ])
  await world.platform.pass(100)
  const outcome = caller
    .invoker('test')
    .call(store.operations.deadly, undefined, { timeoutMs: 60_000 })
    .catch((error: unknown) => error)
  await world.platform.pass(10_000)
  expect(world.begun).toHaveLength(2)
  const message = expect.stringMatching(/lost twice while store\.deadly was running/) as unknown
  expect(await outcome).toMatchObject({ code: 'unavailable', mayHaveRun: true, message })
})

it('what surely has not run is repeated also after a peer was lost', async () => {
  const world = createWorld()
  const caller = await world.caller()
  const [a, b] = [await world.server('a'), await world.server('b')]
  caller.setPeers([listing(a)])
  await world.platform.pass(100)
  const asked = caller.invoker('test').call(store.operations.slowQuery, undefined, { timeoutMs: 60_000 })
  await settle()
  world.crash()
  caller.setPeers([])
  await world.platform.pass(1_000)
  caller.setPeers([listing(b)])
  await world.platform.pass(1_000)
  expect(world.begun).toEqual(['a', 'b'])
  world.release()
  expect(await asked).toBe('b')
})

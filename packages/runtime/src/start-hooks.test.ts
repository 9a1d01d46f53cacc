import { type StartWait, type StartWatch, defineApp, defineService, type ServiceDefinition } from '@holon/app'
import { circleIn } from '@holon/app/start-circle'
import { command, defineContract, DefinitionError, stream } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import type { Store } from '@holon/data'
import { memoryNetwork, type PeerListing } from '@holon/rpc'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { type Instance, startInstance } from './index.ts'

const operations = { ask: command({ output: z.string() }), count: stream({ serverStream: z.int() }) }
const a = defineContract('a', { operations })
const b = defineContract('b', { operations })

type Scope = Parameters<NonNullable<ServiceDefinition['start']>>[0]
type Hook = (scope: Scope & Record<'a' | 'b', { ask(): Promise<string>; count(): AsyncIterable<number> }>) => unknown

function service(
  own: typeof a | typeof b,
  hook: Hook | undefined,
  more: { startTimeoutMs?: number } = {},
): ServiceDefinition {
  return defineService(own, {
    uses: own === a ? { b } : { a },
    ...(hook && { start: async (scope: never) => void (await hook(scope)) }),
    operations: {
      ask: () => `${own.name} answers`,
      count: async function* () {
        yield 1
        yield 2
      },
    },
    ...more,
  })
}

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

interface Setting {
  readonly services: Readonly<Record<string, ServiceDefinition>>
  readonly run: readonly string[]
  readonly network?: ReturnType<typeof memoryNetwork>
  readonly watchPeers?: (changed: (peers: readonly PeerListing[]) => void) => void
  readonly startWatch?: StartWatch
}

async function start({ services, run, network = memoryNetwork(), ...more }: Setting): Promise<Instance> {
  const instance = await startInstance({
    app: defineApp({
      name: 'test',
      services: Object.fromEntries(
        Object.entries(services).map(([name, definition]) => [name, () => Promise.resolve({ default: definition })]),
      ),
    }),
    services: run,
    instance: run.join('-'),
    platform: systemPlatform(),
    network,
    observer: { observe: () => undefined },
    environment: {},
    provision: () => Promise.resolve('nowhere'),
    listen: { host: 'm', port: 0 },
    callers: [],
    linkSecret: 'secret',
    ...more,
  })
  stops.push(() => instance.stop(1_000))
  return instance
}

describe('start hooks in one process', () => {
  it.each([
    ['a', 'b'],
    ['b', 'a'],
  ])('may call a service that uses theirs, whichever comes first: %s, %s', async (...run) => {
    const heard: unknown[] = []
    const first = service(a, async (scope) => {
      heard.push(await scope.b.ask())
      for await (const n of scope.b.count()) heard.push(n)
    })
    await start({ services: { a: first, b: service(b, undefined) }, run })
    expect(heard).toEqual(['b answers', 1, 2])
  })

  it('that wait for each other are refused, and the circle is named', async () => {
    const services = { a: service(a, (scope) => scope.b.ask()), b: service(b, (scope) => scope.a.ask()) }
    const outcome = start({ services, run: ['a', 'b'] })
    await expect(outcome).rejects.toThrow(DefinitionError)
    await expect(outcome).rejects.toThrow(/wait for each other in their start hooks: '(a' → 'b' → 'a|b' → 'a' → 'b)'/)
  })

  it('may call each other without waiting for the answer', async () => {
    const heard: string[] = []
    const services = {
      a: service(a, (scope) => void scope.b.ask().then((answer) => heard.push(answer))),
      b: service(b, (scope) => void scope.a.ask().then((answer) => heard.push(answer))),
    }
    await start({ services, run: ['a', 'b'] })
    await expect.poll(() => heard.toSorted()).toEqual(['a answers', 'b answers'])
  })

  it('end within their time, and the error names service and remedy', async () => {
    const hangs = service(b, () => new Promise(() => {}), { startTimeoutMs: 50 })
    const outcome = start({ services: { a: service(a, undefined), b: hangs }, run: ['a', 'b'] })
    await expect(outcome).rejects.toThrow(
      /Service 'b' could not start: its start hook did not end within 50 ms.*startTimeoutMs/,
    )
  })

  it('a store that does not open in time ends the start, and is closed when it opens all the same', async () => {
    const opening = Promise.withResolvers<Store>()
    let closed = false
    const slow = defineService(defineContract('slow', {}), {
      store: { kind: 'slow', open: () => opening.promise },
      operations: {},
      startTimeoutMs: 50,
    })
    await expect(start({ services: { slow }, run: ['slow'] })).rejects.toThrow(
      /The store of 'slow' was not open within 50 ms, migrations included/,
    )
    opening.resolve({ ping: () => Promise.resolve(), close: () => Promise.resolve(void (closed = true)) })
    await expect.poll(() => closed).toBe(true)
  })
})

/** What a supervisor does, for instances of one service each. */
function sharedWatch(): (name: string) => StartWatch {
  const waits = new Map<string, readonly StartWait[]>()
  const listeners: ((circle: readonly string[]) => void)[] = []
  return (name) => ({
    step: () => undefined,
    waits: (now) => {
      waits.set(name, now)
      const circle = circleIn([...waits.values()].flat())
      if (circle) for (const found of listeners) found(circle)
    },
    onCircle: (found) => void listeners.push(found),
  })
}

describe('start hooks in processes of their own', () => {
  it('a call waits until the called service has started', async () => {
    const network = memoryNetwork()
    const asked = Promise.withResolvers<void>()
    const heard: string[] = []
    let tellPeers = (_peers: readonly PeerListing[]): void => undefined
    const caller = service(a, async (scope) => {
      asked.resolve()
      heard.push(await scope.b.ask())
    })
    const services = { a: caller, b: service(b, undefined) }
    const starting = start({ services, run: ['a'], network, watchPeers: (changed) => void (tellPeers = changed) })
    await asked.promise
    const { instance, address, services: listed } = await start({ services, run: ['b'], network })
    tellPeers(address ? [{ instance, address, services: listed }] : [])
    await starting
    expect(heard).toEqual(['b answers'])
  })

  it('a call gives up when its own time is over', async () => {
    let code: unknown
    const caller = defineService(a, {
      uses: { b },
      start: async (scope) => {
        code = await scope.b
          .ask(undefined, { timeoutMs: 30 })
          .catch((error: unknown) => (error as { code: string }).code)
      },
      operations: { ask: () => '', count: async function* () {} },
    })
    await start({ services: { a: caller, b: service(b, undefined) }, run: ['a'] })
    expect(code).toBe('deadline_exceeded')
  })

  it('a hook that waits in vain says for whom', async () => {
    const services = { a: service(a, (scope) => scope.b.ask(), { startTimeoutMs: 60 }), b: service(b, undefined) }
    await expect(start({ services, run: ['a'] })).rejects.toThrow(
      /Service 'a' could not start: its start hook did not end within 60 ms; it waits for 'b', which has not started/,
    )
  })

  it('that wait for each other are refused by who sees them all, and the circle is named', async () => {
    const network = memoryNetwork()
    const watch = sharedWatch()
    const services = { a: service(a, (scope) => scope.b.ask()), b: service(b, (scope) => scope.a.ask()) }
    const outcomes = await Promise.allSettled(
      ['a', 'b'].map((name) => start({ services, run: [name], network, startWatch: watch(name) })),
    )
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(DefinitionError) as unknown })
      expect(String(outcome.status === 'rejected' && outcome.reason)).toMatch(
        /wait for each other in their start hooks/,
      )
    }
  })
})

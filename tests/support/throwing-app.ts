import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type AppDefinition, defineApp, defineService } from '@holon/app'
import { command, defineContract, event, query, stream } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { sqlite } from '@holon/data/sqlite'
import { adminOperation } from '@holon/events'
import { type Invoker, memoryNetwork, type PeerListing } from '@holon/rpc'
import { type Instance, type InstanceOptions, startInstance } from '@holon/runtime'
import { createLogObserver } from '@holon/telemetry'
import { z } from 'zod'

const Thrown = z.object({ id: z.string() })
export const depot = defineContract('depot', {
  operations: { send: command({ input: Thrown }) },
  events: { sent: event({ key: 'id', data: Thrown }) },
})
export const thrower = defineContract('thrower', {
  operations: {
    answer: query({ input: Thrown, output: z.unknown() }),
    later: query({ input: Thrown, output: z.unknown() }),
    give: query({ input: Thrown, output: z.unknown() }),
    item: stream({ input: Thrown, serverStream: z.string() }),
    giveItem: stream({ input: Thrown, serverStream: z.unknown() }),
    take: stream({ input: Thrown, clientStream: z.unknown(), output: z.string() }),
    alive: query({ output: z.string() }),
  },
})
const keeper = defineContract('keeper', {})
const bare = defineContract('bare', {})

/** Makes what is to be thrown, by its id. */
export type Makers = ReadonlyMap<string, () => unknown>
/** What the schedule throws at its next run; undefined: nothing. */
export interface ScheduleScript {
  next: (() => unknown) | undefined
}

const services = ['depot', 'thrower', 'keeper', 'bare']
const retry = { tries: 2, firstMs: 1, longestMs: 2 }

export function throwingApp(makers: Makers, schedule: ScheduleScript): AppDefinition {
  const made = (id: string): unknown => makers.get(id)?.()
  const handle = ({ id }: { readonly id: string }): void => {
    throwAnything(made(id))
  }
  const throwerService = defineService(thrower, {
    operations: {
      answer: ({ id }) => {
        throwAnything(made(id))
      },
      later: async ({ id }) => {
        await Promise.resolve()
        throwAnything(made(id))
      },
      give: ({ id }) => made(id),
      async *item({ id }) {
        yield 'first'
        throwAnything(made(id))
      },
      async *giveItem({ id }) {
        yield made(id)
      },
      take: async (_input, _ctx, items) => {
        let count = 0
        for await (const _item of items) count += 1
        return String(count)
      },
      alive: () => 'yes',
    },
  })
  const all = {
    depot: defineService(depot, { operations: { send: (sent, ctx) => ctx.publish(depot.events.sent, sent) } }),
    thrower: throwerService,
    keeper: defineService(keeper, {
      store: sqlite(),
      operations: {},
      subscriptions: (on) => [on(depot.events.sent, handle, { retry })],
      schedules: ({ every }) => [
        every('1s', () => {
          const { next } = schedule
          schedule.next = undefined
          if (next) throwAnything(next())
        }),
      ],
    }),
    bare: defineService(bare, { operations: {}, subscriptions: (on) => [on(depot.events.sent, handle, { retry })] }),
  }
  return defineApp({
    name: 'throwing',
    services: Object.fromEntries(
      Object.entries(all).map(([name, service]) => [name, () => Promise.resolve({ default: service })]),
    ),
  })
}

/** The app, running in one instance or in one for each service. */
export interface ThrowingApp extends AsyncDisposable {
  readonly caller: Invoker
  /** What was logged, line by line. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  letters(service: 'keeper' | 'bare'): Promise<readonly Letter[]>
}

interface Letter {
  readonly key: string
  readonly error: { readonly message: string }
}

type Line = Readonly<Record<string, unknown>>

export async function startThrowing(app: AppDefinition, placement: 'one' | 'split'): Promise<ThrowingApp> {
  const folder = mkdtempSync(join(tmpdir(), 'holon-throwing-'))
  const lines: Line[] = []
  const network = memoryNetwork()
  const watchers: ((peers: readonly PeerListing[]) => void)[] = []
  const running: Instance[] = []
  const groups = placement === 'one' ? [services] : [['holon-bus'], ...services.map((name) => [name]), []]
  for (const names of groups) {
    const instance = await startInstance({
      ...optionsOf(app, names, lines),
      network,
      provision: (service) => Promise.resolve(join(folder, `${service}.db`)),
      listen: names.length > 0 && placement === 'split' ? { host: 'memory', port: 0 } : undefined,
      placeOwn: () => Promise.resolve(names.includes('holon-bus') || placement === 'one' ? 'here' : 'elsewhere'),
      watchPeers: (changed) => void watchers.push(changed),
    })
    running.push(instance)
    for (const watch of watchers) watch(running.flatMap(listing))
  }
  const caller = running.at(-1)?.invoker('cli')
  if (caller === undefined) throw new Error('Nothing runs.')
  return {
    caller,
    lines,
    letters: async (service) =>
      (await caller.call(adminOperation(service, 'deadList'), { limit: 10_000 })) as readonly Letter[],
    async [Symbol.asyncDispose]() {
      for (const instance of running.toReversed()) await instance.stop(1_000)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Starts a service whose hooks throw. */
export async function startHooked(hooks: {
  readonly start?: () => unknown
  readonly stop?: () => unknown
}): Promise<{ readonly instance: Instance; readonly lines: readonly Line[] }> {
  const lines: Line[] = []
  const hook = (make: (() => unknown) | undefined) => (): void => {
    if (make) throwAnything(make())
  }
  const hooked = defineService(defineContract('hooked', {}), {
    operations: {},
    start: hook(hooks.start),
    stop: hook(hooks.stop),
  })
  const app = defineApp({ name: 'hooks', services: { hooked: () => Promise.resolve({ default: hooked }) } })
  const instance = await startInstance({
    ...optionsOf(app, ['hooked'], lines),
    network: memoryNetwork(),
    provision: () => Promise.reject(new Error('no store here')),
    listen: undefined,
  })
  return { instance, lines }
}

function optionsOf(
  app: AppDefinition,
  names: readonly string[],
  lines: Line[],
): Omit<InstanceOptions, 'network' | 'provision' | 'listen'> {
  const platform = systemPlatform()
  const instance = names.join('-') || 'caller'
  return {
    app,
    services: names,
    instance,
    platform,
    observer: createLogObserver({
      level: 'debug',
      instance,
      now: () => platform.now(),
      write: (line) => void lines.push(JSON.parse(line) as Line),
    }),
    environment: {},
    callers: [{ name: 'cli', uses: Object.keys(app.services), role: 'operator' }],
    linkSecret: 'throwing-test-secret',
  }
}

function throwAnything(value: unknown): never {
  throw value
}

function listing({ instance, address, services: listed }: Instance): readonly PeerListing[] {
  return address === undefined ? [] : [{ instance, address, services: listed }]
}

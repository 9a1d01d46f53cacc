import { type AppDefinition, defineApp, defineService } from '@holon/app'
import { command, defineContract, event, type Observer, query, stream } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { sqlite } from '@holon/data/sqlite'
import { adminOperation } from '@holon/events'
import type { Invoker } from '@holon/rpc'
import { createLogObserver } from '@holon/telemetry'
import { startTestApp, type TestApp } from '@holon/testing'
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
  const lines: Line[] = []
  const running = await startTestApp(app, {
    bus: 'own',
    placement: placement === 'one' ? { main: '*' } : 'split',
    observer: logInto(lines),
  })
  const caller = running.invoker('cli')
  return {
    caller,
    lines,
    letters: async (service) =>
      (await caller.call(adminOperation(service, 'deadList'), { limit: 10_000 })) as readonly Letter[],
    [Symbol.asyncDispose]: () => running.close(),
  }
}

/** Starts a service whose hooks throw. */
export async function startHooked(hooks: {
  readonly start?: () => unknown
  readonly stop?: () => unknown
}): Promise<{ readonly app: TestApp; readonly lines: readonly Line[] }> {
  const lines: Line[] = []
  const hook = (make: (() => unknown) | undefined) => (): void => {
    if (make) throwAnything(make())
  }
  const hooked = defineService(defineContract('hooked', {}), {
    operations: {},
    start: hook(hooks.start),
    stop: hook(hooks.stop),
  })
  return { app: await startTestApp([hooked], { observer: logInto(lines) }), lines }
}

/** Collects what is logged, line by line. */
function logInto(lines: Line[]): Observer {
  const platform = systemPlatform()
  return createLogObserver({
    level: 'debug',
    instance: 'throwing',
    now: () => platform.now(),
    write: (line) => void lines.push(JSON.parse(line) as Line),
  })
}

function throwAnything(value: unknown): never {
  throw value
}

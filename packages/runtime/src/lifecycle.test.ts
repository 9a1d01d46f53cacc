import { defineApp, defineService, type ServiceDefinition } from '@holon/app'
import {
  command,
  defineContract,
  DefinitionError,
  type Observation,
  query,
  type ServiceError,
  stream,
} from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { expose } from '@holon/gateway/definition'
import { memoryNetwork } from '@holon/rpc'
import { expect, it } from 'vitest'
import { z } from 'zod'

import { type Instance, startInstance } from './index.ts'

const base = defineContract('base', {
  operations: {
    work: command({ input: z.object({ ms: z.int() }), output: z.string() }),
    hang: query({}),
    flow: stream({ serverStream: z.int() }),
  },
})
const top = defineContract('top', {
  operations: {
    work: command({ input: z.object({ ms: z.int() }), output: z.string() }),
    late: command({ output: z.string() }),
  },
})

interface Started {
  readonly instance: Instance
  readonly observations: readonly Observation[]
  readonly unfinished: readonly unknown[]
}

async function start(
  services: Record<string, ServiceDefinition>,
  environment: Record<string, string> = {},
): Promise<Started> {
  const observations: Observation[] = []
  const unfinished: unknown[] = []
  const instance = await startInstance({
    app: defineApp({
      name: 'test',
      services: Object.fromEntries(
        Object.entries(services).map(([name, service]) => [name, () => Promise.resolve({ default: service })]),
      ),
    }),
    services: Object.keys(services),
    instance: 'test-1',
    platform: systemPlatform(),
    network: memoryNetwork(),
    observer: { observe: (seen) => void observations.push(seen) },
    environment,
    provision: () => Promise.reject(new Error('no store here')),
    listen: undefined,
    callers: [{ name: 'test', uses: Object.keys(services) }],
    linkSecret: 'secret',
    onUnfinished: (error) => unfinished.push(error),
  })
  return { instance, observations, unfinished }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function services(seen: string[]): { readonly top: ServiceDefinition; readonly base: ServiceDefinition } {
  return {
    top: defineService(top, {
      uses: { base },
      start: () => void seen.push('top starts'),
      stop: () => void seen.push('top stops'),
      operations: {
        work: (input, ctx) => ctx.base.work(input),
        late: async (_input, ctx) => {
          seen.push('late runs')
          await new Promise((resolve) => ctx.stopping.addEventListener('abort', resolve, { once: true }))
          return ctx.base.work({ ms: 1 })
        },
      },
    }),
    base: defineService(base, {
      start: () => void seen.push('base starts'),
      stop: () => void seen.push('base stops'),
      operations: {
        work: async ({ ms }) => {
          await pause(ms)
          return 'done'
        },
        hang: (_input, ctx) =>
          new Promise((_resolve, reject) => {
            ctx.signal.addEventListener('abort', () => {
              seen.push(`hang aborted: ${(ctx.signal.reason as ServiceError).code}`)
              reject(ctx.signal.reason)
            })
          }),
        flow: async function* (_input, ctx) {
          yield 1
          await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve, { once: true }))
          seen.push('flow aborted')
        },
      },
    }),
  }
}

it('services start after those they use, and stop before them', async () => {
  const seen: string[] = []
  const { instance } = await start(services(seen))
  await instance.stop(100)
  expect(seen).toEqual(['base starts', 'top starts', 'top stops', 'base stops'])
})

it('a start hook that fails closes what was opened, and only that', async () => {
  const seen: string[] = []
  const failing = defineService(top, {
    uses: { base },
    start: () => Promise.reject(new Error('no luck')),
    stop: () => void seen.push('top stops'),
    operations: { work: () => '', late: () => '' },
  })
  await expect(start({ top: failing, base: services(seen).base })).rejects.toThrow(
    "Service 'top' could not start: no luck",
  )
  expect(seen).toEqual(['base starts', 'base stops'])
})

it('stop lets running calls finish, with the calls they still have to make', async () => {
  const seen: string[] = []
  const { instance } = await start(services(seen))
  const late = instance.invoker('test').call(top.operations.late, undefined)
  await expect.poll(() => seen).toContain('late runs')
  await instance.stop(5000)
  expect(await late).toBe('done')
})

it('after the grace time everything that still runs is cancelled and told', async () => {
  const seen: string[] = []
  const { instance, observations } = await start(services(seen))
  const invoker = instance.invoker('test')
  const hanging = invoker.call(base.operations.hang, undefined, { timeoutMs: 60_000 }).catch((error: unknown) => error)
  const flow = invoker.stream(base.operations.flow, undefined)[Symbol.asyncIterator]()
  expect(await flow.next()).toEqual({ done: false, value: 1 })
  const next = flow.next().catch((error: unknown) => error)
  await instance.stop(20)
  expect(await hanging).toMatchObject({
    code: 'unavailable',
    message: 'base.hang was still running when its instance stopped.',
  })
  expect(await next).toMatchObject({ code: 'unavailable' })
  expect(seen).toEqual([
    'base starts',
    'top starts',
    'hang aborted: unavailable',
    'flow aborted',
    'top stops',
    'base stops',
  ])
  expect(observations).toContainEqual(expect.objectContaining({ kind: 'fault', subject: 'instance' }))
})

it('stop is idempotent, and nothing is answered afterwards', async () => {
  const { instance } = await start(services([]))
  const first = instance.stop(100)
  expect(instance.stop(100)).toBe(first)
  await first
  await expect(instance.invoker('test').call(base.operations.work, { ms: 0 })).rejects.toMatchObject({
    code: 'unavailable',
    mayHaveRun: false,
  })
})

it('a stop hook that never ends does not hold up the others', { timeout: 15_000 }, async () => {
  const seen: string[] = []
  const stuck = defineService(top, {
    uses: { base },
    stop: () => new Promise(() => {}),
    operations: { work: () => '', late: () => '' },
  })
  const { instance, observations, unfinished } = await start({ top: stuck, base: services(seen).base })
  await instance.stop(10, 50)
  expect(seen).toContain('base stops')
  const error = new Error("The stop hook of 'top' did not finish within 50 ms.")
  expect(observations).toContainEqual({ kind: 'fault', subject: 'top', error })
  expect(unfinished).toEqual([error])
})

it('a pattern by which a caller can make the process stand still is warned of when its service starts', async () => {
  const text = (pattern: RegExp): z.ZodType => z.object({ texts: z.array(z.string().regex(pattern)) })
  const contract = defineContract('words', {
    operations: {
      good: command({ input: text(/^\w+(-\w+)*$/) }),
      bad: command({ input: text(/^(\w+-?)*$/) }),
      plain: command({ input: { type: 'object', patternProperties: { '^(a+)+$': { type: 'string' } } } }),
    },
  })
  const operations = { good: () => undefined, bad: () => undefined, plain: () => undefined }
  const { observations } = await start({ words: defineService(contract, { operations }) })
  const warnings = observations.flatMap((each) => (each.kind === 'log' && each.level === 'warn' ? [each.message] : []))
  expect(warnings).toEqual([
    expect.stringContaining('The pattern ^(\\w+-?)*$ in the input of words.bad takes exponential time'),
    expect.stringContaining('The pattern ^(a+)+$ in the input of words.plain takes exponential time'),
  ])
})

it('an instance says what it runs, also when that is nothing', async () => {
  const ready = (observations: readonly Observation[]): unknown =>
    observations.find((each) => each.kind === 'lifecycle' && each.subject === 'instance' && each.state === 'ready')
  expect(ready((await start(services([]))).observations)).toMatchObject({ detail: 'base, top' })
  expect(ready((await start({})).observations)).toMatchObject({ detail: 'it runs no service' })
})

it('all mistakes in the configuration of all services are reported together, without values', async () => {
  const configured = (contract: typeof base, config: z.ZodType): ServiceDefinition =>
    defineService(contract, { config, operations: { work: () => '', hang: () => {}, flow: () => [] } })
  const other = defineContract('other', {
    operations: base.operations && { work: command({ input: z.object({ ms: z.int() }), output: z.string() }) },
  })
  const wrong = start(
    {
      base: configured(base, z.object({ smtpHost: z.string(), smtpPort: z.int() })),
      other: defineService(other, { config: z.object({ apiKey: z.string().min(20) }), operations: { work: () => '' } }),
    },
    { BASE_SMTP_PORT: 'many', OTHER_API_KEY: 'hunter2' },
  )
  const error = await wrong.catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(DefinitionError)
  const text = (error as DefinitionError).problems.join('\n')
  for (const expected of [/BASE_SMTP_HOST is not set/, /BASE_SMTP_PORT is wrong/, /OTHER_API_KEY is wrong/])
    expect(text).toMatch(expected)
  expect(text).not.toMatch(/hunter2|many/)
})

it('a service that the app lacks and a module that does not load are reported together', async () => {
  const app = defineApp({
    name: 'test',
    services: {
      top: () => Promise.resolve({ default: services([]).top }),
      broken: () => Promise.reject(new Error('syntax error')),
      other: () => Promise.resolve({ default: services([]).base }),
    },
  })
  const options = {
    app,
    services: ['top', 'broken', 'other', 'nowhere'],
    instance: 'i',
    platform: systemPlatform(),
    network: memoryNetwork(),
    observer: { observe: () => {} },
    environment: {},
    provision: () => Promise.reject(new Error()),
    listen: undefined,
    linkSecret: undefined,
  }
  const error = (await startInstance(options).catch((caught: unknown) => caught)) as DefinitionError
  expect(error).toBeInstanceOf(DefinitionError)
  const text = error.problems.join('\n')
  for (const expected of [
    /'top' uses 'base', which is not among/,
    /'broken' cannot be loaded: .*syntax error/,
    /'other' implements the contract 'base'/,
    /there is no service 'nowhere'/,
  ])
    expect(text).toMatch(expected)
})

it('an instance that listens needs a secret', async () => {
  const app = defineApp({ name: 'test', services: { base: () => Promise.resolve({ default: services([]).base }) } })
  const options = {
    app,
    services: ['base'],
    instance: 'i',
    platform: systemPlatform(),
    network: memoryNetwork(),
    observer: { observe: () => {} },
    environment: {},
    provision: () => Promise.reject(new Error()),
    listen: { host: 'm', port: 0 },
    linkSecret: '',
  }
  await expect(startInstance(options)).rejects.toThrow(/has no linkSecret/)
})

it('a dependency that is not declared does not compile and is not there', () => {
  const definition = defineService(top, {
    operations: {
      // @ts-expect-error base is not among uses
      work: (input, ctx) => ctx.base.work(input),
      late: () => '',
    },
  })
  expect(definition.uses).toEqual({})
})

it('mistakes of an app are reported together', () => {
  const load = (): Promise<{ default: ServiceDefinition }> => Promise.resolve({ default: services([]).base })
  const define = (): unknown =>
    defineApp({
      name: 'Bad Name',
      services: { base: load, gateway: load, 'holon-events': load, 'x y': load },
      gateway: { expose: [expose(top, ['work'])] },
      placement: { one: '*', two: '*', three: ['base', 'nowhere'], four: ['base'] },
    })
  expect(define).toThrow(DefinitionError)
  for (const expected of [
    /'Bad Name' must be lower case/,
    /'gateway' means something else/,
    /'holon-events' means something else/,
    /'x y' must be/,
    /exposes 'top', which is not among/,
    /both take '\*'/,
    /names 'nowhere'/,
    /'base' is in groups 'three' and 'four'/,
  ])
    expect(define).toThrow(expected)
})

it('mistakes of a service are reported together', () => {
  const define = (): unknown =>
    defineService(top, { uses: { store: base, self: top }, operations: { work: () => '', extra: () => '' } } as never)
  for (const expected of [
    /'late' has no handler/,
    /'extra' answers no operation/,
    /ctx.store means something else/,
    /a service cannot use itself/,
  ])
    expect(define).toThrow(expected)
})

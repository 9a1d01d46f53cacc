import { isDeepStrictEqual } from 'node:util'

import { defineApp, defineService } from '@holon/app'
import { createClient, isServiceError, type ServiceError } from '@holon/client'
import { command, type Contract, defineContract, query, stream } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { startGateway } from '@holon/gateway'
import { expose } from '@holon/gateway/definition'
import { memoryNetwork } from '@holon/rpc'
import { startInstance } from '@holon/runtime'
import fc from 'fast-check'
import { expect, it } from 'vitest'

import { anyObjectSchema, anySchema, validValue } from '../support/placement/schema-arbitrary.ts'
import { type FieldSpec, type Library, type SchemaSpec, toSchema } from '../support/placement/schema-spec.ts'

/** `FC_RUNS=2000 FC_SEED=7 npx vitest run …` looks further, or again. */
const numRuns = Number(process.env['FC_RUNS'] ?? 40)
const seed = process.env['FC_SEED']
const limitMs = process.env['FC_RUNS'] === undefined ? 25_000 : 3_600_000

/** A contract, and what is sent and answered. */
interface Case {
  readonly library: Library
  readonly body: SchemaSpec
  readonly url: SchemaSpec
  readonly output: SchemaSpec
  readonly inputs: readonly { readonly body: unknown; readonly url: unknown; readonly output: unknown }[]
}

const scalar: fc.Arbitrary<SchemaSpec> = fc.oneof(
  fc
    .constantFrom('string', 'int', 'number', 'boolean', 'even', 'trimmed', 'short', 'percent', 'day', 'word')
    .map((kind) => ({ kind }) as const),
  fc.constant({ kind: 'enum', values: ['red', '5', 'true', 'null'] } as const),
  fc.constantFrom<string | number | boolean>('x', 7, -1.5, true).map((value) => ({ kind: 'literal', value }) as const),
)
const inUrl: fc.Arbitrary<SchemaSpec> = fc.oneof(
  { weight: 3, arbitrary: scalar },
  { weight: 1, arbitrary: scalar.map((of) => ({ kind: 'nullable', of }) as const) },
  { weight: 1, arbitrary: scalar.map((of) => ({ kind: 'array', of }) as const) },
  {
    weight: 1,
    arbitrary: fc.array(scalar, { minLength: 2, maxLength: 3 }).map((of) => ({ kind: 'union', of }) as const),
  },
)
/** An object whose fields a URL can carry, the first of them in the path. */
const urlSchema: fc.Arbitrary<SchemaSpec> = fc
  .tuple(
    scalar,
    fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'größe', 'with-hyphen', 'length'), inUrl, fc.boolean()), {
      selector: ([name]) => name,
      maxLength: 4,
    }),
  )
  .map(([part, others]) => {
    const fields: readonly FieldSpec[] = others.map(([name, of, isRequired]) => ({
      name,
      of,
      presence: isRequired ? 'required' : 'optional',
    }))
    return { kind: 'object', fields: [{ name: 'part', of: part, presence: 'required' }, ...fields], extras: 'dropped' }
  })

const anyCase: fc.Arbitrary<Case> = fc
  .record({
    library: fc.constantFrom<Library>('zod', 'json'),
    body: anyObjectSchema,
    url: urlSchema,
    output: anySchema,
  })
  .chain((specs) => {
    const input = {
      body: validValue(specs.body),
      url: validValue(specs.url, 'declared'),
      output: validValue(specs.output),
    }
    return fc
      .record({ inputs: fc.array(fc.record(input), { minLength: 1, maxLength: 4 }) })
      .map(({ inputs }) => ({ ...specs, inputs }))
  })

function contractOf({ library, body, url, output }: Case): Contract {
  const [input, answer] = [toSchema(body, library), toSchema(output, library)]
  return defineContract('any', {
    operations: {
      send: command({ http: 'POST /send', auth: 'none', input, output: answer }),
      ask: query({ http: 'GET /ask/{part}', auth: 'none', input: toSchema(url, library), output: answer }),
      list: stream({ http: 'POST /list', auth: 'none', input, serverStream: answer }),
    },
  })
}

/** What came of a call: what the handler got, and what the caller. */
interface Outcome {
  readonly input: unknown
  readonly answer: unknown
}

type Call = (name: string, input: unknown) => Promise<unknown>

interface Running {
  readonly inside: Call
  readonly outside: Call
  readonly seen: { input: unknown; output: unknown }
  stop(): Promise<void>
}

/** Runs a contract behind a gateway on a real socket. */
async function start(contract: Contract): Promise<Running> {
  const seen: Running['seen'] = { input: undefined, output: undefined }
  const answer = (input: unknown): unknown => ((seen.input = input), seen.output)
  const service = defineService(contract, {
    operations: { send: answer, ask: answer, list: (input: unknown) => [answer(input), seen.output] },
  })
  const gateway = { expose: [expose(contract, ['send', 'ask', 'list'])] }
  const app = defineApp({ name: 'any', services: { any: () => Promise.resolve({ default: service }) }, gateway })
  const [platform, observer] = [systemPlatform(), { observe: (): void => undefined }]
  const instance = await startInstance({
    app,
    services: ['any'],
    instance: 'one',
    platform,
    network: memoryNetwork(),
    observer,
    environment: {},
    provision: () => Promise.reject(new Error('There is no store here.')),
    listen: undefined,
    callers: [{ name: 'gateway', uses: ['any'] }],
    linkSecret: undefined,
  })
  const invoker = instance.invoker('gateway')
  const edge = await startGateway({
    app: 'any',
    definition: gateway,
    invoker,
    platform,
    observer,
    port: 0,
    check: () => instance.check(),
  })
  const client = createClient(contract, { baseUrl: edge.url }) as unknown as Record<string, (input: unknown) => unknown>
  return {
    inside: (name, input) => {
      const operation = contract.operations[name]
      if (operation === undefined) throw new Error(`There is no ${name}.`)
      return name === 'list' ? itemsOf(invoker.stream(operation, input, {})) : invoker.call(operation, input, {})
    },
    outside: (name, input) => {
      const called = client[name]?.(input)
      return name === 'list' ? itemsOf(called as AsyncIterable<unknown>) : Promise.resolve(called)
    },
    seen,
    async stop() {
      await edge.close(100)
      await instance.stop(100)
    },
  }
}

async function itemsOf(stream: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const items: unknown[] = []
  for await (const item of stream) items.push(item)
  return items
}

/** What HTTP, or a URL, cannot carry; then the call is refused, and never carried out with something else. */
const isHard = (value: unknown, place: 'url' | 'body'): boolean => {
  if (typeof value === 'string') return value.includes('\u0000')
  if (typeof value !== 'object' || value === null) return false
  if (place === 'url') return Object.entries(value).some(([name, field]) => isHardInUrl(name, field))
  return Object.entries(value).some(([name, field]) => isHard(name, place) || isHard(field, place))
}
function isHardInUrl(name: string, value: unknown): boolean {
  if (value === null || isHard(value, 'body')) return true
  if (Array.isArray(value)) return value.length === 0
  return name === 'part' && typeof value === 'string' && ['', '.', '..'].includes(value)
}

/** How many calls came to which end. */
const counts = { carried: 0, refused: 0 }

interface Called {
  readonly name: string
  readonly input: unknown
  readonly output: unknown
}

async function check({ inside, outside, seen }: Running, called: Called): Promise<void> {
  const outcome = async (call: Call): Promise<Outcome | ServiceError> => {
    Object.assign(seen, { input: undefined, output: called.output })
    try {
      const answer = await call(called.name, called.input)
      return { input: seen.input, answer }
    } catch (error) {
      if (!isServiceError(error)) throw error
      return error
    }
  }
  const [expected, actual] = [await outcome(inside), await outcome(outside)]
  if (expected instanceof Error) throw expected
  if (actual instanceof Error) expectRefused(called, actual, seen.input)
  else expectSame(actual, expected)
}

function expectSame(actual: Outcome, expected: Outcome): void {
  counts.carried += 1
  expect(actual).toStrictEqual(expected)
  expect(isDeepStrictEqual(actual, expected)).toBe(true)
}

function expectRefused({ name, input }: Called, error: ServiceError, seen: unknown): void {
  counts.refused += 1
  expect(error.code).toBe('invalid_argument')
  expect(seen).toBeUndefined()
  const isUrl = name === 'ask'
  // A number where texts are taken, too: no text tells it from the text of the same letters.
  const isAmbiguous = isUrl && error.message.includes('cannot be told')
  expect({ input, hard: isAmbiguous || isHard(input, isUrl ? 'url' : 'body') }).toEqual({ input, hard: true })
}

it(
  'a client over HTTP gives handlers the same inputs, and callers the same answers, as one inside of the app',
  { timeout: limitMs + 120_000 },
  async () => {
    const property = fc.asyncProperty(anyCase, async (drawn) => {
      const running = await start(contractOf(drawn))
      try {
        for (const { body, url, output } of drawn.inputs) {
          await check(running, { name: 'send', input: body, output })
          await check(running, { name: 'list', input: body, output })
          await check(running, { name: 'ask', input: url, output })
        }
      } finally {
        await running.stop()
      }
    })
    await fc.assert(property, {
      numRuns,
      plugins: [fc.interruptAfterTimeLimit(limitMs)],
      ...(seed !== undefined && { seed: Number(seed) }),
    })
    expect(counts.carried).toBeGreaterThan(counts.refused)
  },
)

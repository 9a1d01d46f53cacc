import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

import {
  type Client,
  command,
  compileSchema,
  defineContract,
  DefinitionError,
  event,
  fail,
  failure,
  type Handlers,
  isFailure,
  query,
  stream,
} from '../index.ts'

const Order = z.object({
  id: z.string(),
  status: z.enum(['pending', 'paid']),
  totalCents: z.int(),
  note: z.string().default(''),
})

const orders = defineContract('orders', {
  operations: {
    place: command({
      http: { route: 'POST /orders', status: 201 },
      input: z.object({ cartId: z.string() }),
      output: Order,
      errors: {
        outOfStock: failure('failed_precondition', z.object({ sku: z.string() })),
        closed: failure('unavailable'),
      },
    }),
    get: query({ http: 'GET /orders/{id}', input: z.object({ id: z.string() }), output: Order }),
    count: query({ output: { type: 'integer', minimum: 0 } }),
    watch: stream({ input: z.object({ id: z.string() }), serverStream: Order }),
    upload: stream({ clientStream: z.object({ n: z.int() }), output: z.int() }),
    chat: stream({ clientStream: z.string(), serverStream: z.string() }),
  },
  events: { placed: event({ key: 'orderId', data: z.object({ orderId: z.string() }) }) },
})

describe('types', () => {
  it('are inferred for clients', () => {
    type C = Client<typeof orders>
    expectTypeOf<Parameters<C['place']>[0]>().toEqualTypeOf<{ cartId: string }>()
    expectTypeOf<ReturnType<C['get']>>().resolves.toEqualTypeOf<{
      id: string
      status: 'pending' | 'paid'
      totalCents: number
      note: string
    }>()
    expectTypeOf<ReturnType<C['count']>>().resolves.toEqualTypeOf<number>()
    expectTypeOf<ReturnType<C['watch']>>().toEqualTypeOf<AsyncIterable<z.output<typeof Order>>>()
    expectTypeOf<ReturnType<C['upload']>>().resolves.toEqualTypeOf<number>()
    const client = {} as C
    // @ts-expect-error a wrong field does not compile
    const wrong = (): unknown => client.place({ cart: 'x' })
    // @ts-expect-error an unknown operation does not compile
    const unknown = (): unknown => client.cancel({})
    // @ts-expect-error a missing input does not compile
    const missing = (): unknown => client.get()
    const fine = (): unknown => [
      client.count(),
      client.count(undefined, { timeoutMs: 5 }),
      client.chat(undefined, ['a']),
    ]
    expect([wrong, unknown, missing, fine]).toHaveLength(4)
  })

  it('are inferred for handlers: defaults may be left out of what is returned', () => {
    type H = Handlers<typeof orders>
    expectTypeOf<Parameters<H['place']>[0]>().toEqualTypeOf<{ cartId: string }>()
    expectTypeOf<ReturnType<H['get']>>().toEqualTypeOf<z.input<typeof Order> | Promise<z.input<typeof Order>>>()
    expectTypeOf<Parameters<H['chat']>[2]>().toEqualTypeOf<AsyncIterable<string>>()
    expectTypeOf<ReturnType<H['place']> extends unknown ? true : false>().toEqualTypeOf<true>()
  })

  it('know what an operation leaves out: output, failures and route', () => {
    const contract = defineContract('a', { operations: { clear: command({ input: z.object({ id: z.string() }) }) } })
    const { clear } = contract.operations
    expectTypeOf<ReturnType<Client<typeof contract>['clear']>>().resolves.toEqualTypeOf<void>()
    expectTypeOf<(typeof clear)['definition']['http']>().toEqualTypeOf<undefined>()
    expectTypeOf<(typeof orders.operations.place.definition)['http']>().toEqualTypeOf<
      { readonly route: 'POST /orders'; readonly status: 201 } | undefined
    >()
    // @ts-expect-error it declares no failures
    const undeclared = (): unknown => fail(clear, 'sunspots')
    expect(undeclared).toThrow("a.clear declares no failure 'sunspots'")
  })

  it('narrow a declared failure to its data', () => {
    const error: unknown = fail(orders.operations.place, 'outOfStock', { sku: 'p-1' })
    if (!isFailure(error, orders.operations.place, 'outOfStock')) throw new Error('not recognised')
    expectTypeOf(error.failure.data).toEqualTypeOf<{ sku: string }>()
    expect(error.failure.data.sku).toBe('p-1')
    expect(error.code).toBe('failed_precondition')
    expect(isFailure(error, orders.operations.place, 'closed')).toBe(false)
    // @ts-expect-error data is needed
    const without = (): unknown => fail(orders.operations.place, 'outOfStock')
    // @ts-expect-error an undeclared name does not compile
    const undeclared = (): unknown => fail(orders.operations.place, 'sunspots')
    expect([without, undeclared]).toHaveLength(2)
  })
})

describe('schema libraries', () => {
  const libraries = {
    zod: z.object({ id: z.string(), n: z.int().optional(), tags: z.array(z.string()) }),
    arktype: type({ id: 'string', 'n?': 'number.integer', tags: 'string[]' }),
    valibot: toStandardJsonSchema(
      v.object({ id: v.string(), n: v.optional(v.pipe(v.number(), v.integer())), tags: v.array(v.string()) }),
    ),
    'plain JSON Schema': {
      type: 'object',
      properties: {
        id: { type: 'string' },
        n: { type: 'integer' },
        tags: { type: 'array', items: { type: 'string' } },
      },
      required: ['id', 'tags'],
    },
  } as const
  it.each(Object.entries(libraries))('%s checks, names the wrong field, and copies', async (_name, schema) => {
    const contract = defineContract('a', { operations: { get: query({ input: schema, output: schema }) } })
    const { input } = contract.operations.get.compiled
    const value = { id: 'x', tags: ['a'] }
    const parsed = await input?.parse(value)
    expect(parsed).toMatchObject({ value })
    if (parsed?.issues !== undefined) throw new Error('unexpected issues')
    expect(parsed?.value).not.toBe(value)
    const copy = parsed?.value as typeof value | undefined
    expect(copy?.tags).not.toBe(value.tags)
    expect(await input?.parse({ id: 'x', tags: ['a', 2] })).toMatchObject({ issues: [{ path: ['tags', 1] }] })
    expect(input?.inputJson).toMatchObject({ type: 'object', properties: { id: { type: 'string' } } })
  })

  it('infers the types of a plain JSON Schema', () => {
    const contract = defineContract('a', { operations: { get: query({ input: libraries['plain JSON Schema'] }) } })
    type Input = Parameters<Client<typeof contract>['get']>[0]
    expectTypeOf<Input>().toExtend<{ id: string; n?: number }>()
  })

  const dated = {
    zod: z.object({ order: z.object({ at: z.date() }) }),
    arktype: type({ order: { at: 'Date' } }),
    valibot: toStandardJsonSchemaUnchecked(v.object({ order: v.object({ at: v.date() }) })),
  }
  it.each(Object.entries(dated))(
    'a Date in a %s schema is refused, naming the field and the alternative',
    (_name, schema) => {
      expect(() => defineContract('a', { operations: { get: query({ input: schema }) } })).toThrow(
        /operation 'get': input: field 'order\.at' .* a Date: use an ISO 8601 string/,
      )
    },
  )

  it.each([
    ['a Map', z.object({ m: z.map(z.string(), z.string()) }), /field 'm' .*a Map: use an object/],
    ['a Set', z.object({ s: z.array(z.set(z.string())) }), /field 's\.\[\]' .*a Set: use an array/],
    ['a bigint', z.object({ b: z.bigint().optional() }), /field 'b' .*a bigint/],
    ['a function', z.object({ f: z.custom<() => void>() }), /field 'f'/],
    ['a class instance', z.object({ u: z.instanceof(URL) }), /field 'u' .*class instance/],
  ])('%s is refused', (_name, schema, message) => {
    expect(() => defineContract('a', { operations: { get: query({ input: schema }) } })).toThrow(message)
  })

  it('a field that every JavaScript object seems to have is refused', () => {
    const schema = z.object({ list: z.array(z.object({ toString: z.string().optional(), id: z.string() })) })
    expect(() => defineContract('a', { operations: { get: query({ input: schema }) } })).toThrow(
      /operation 'get': input: field 'toString' has the name of something that every object has/,
    )
  })

  it('a transform is allowed in an input, whose result stays in the handler, and refused in an output', () => {
    const schema = z.object({ at: z.string().transform((text) => new Date(text)) })
    expect(() => defineContract('a', { operations: { get: query({ input: schema }) } })).not.toThrow()
    expect(() => defineContract('a', { operations: { get: query({ output: schema }) } })).toThrow(
      /field 'at'.*transform in the handler/,
    )
  })
})

describe('mistakes', () => {
  it('are reported all together, each with the remedy', () => {
    const define = (): unknown =>
      defineContract('Bad Name', {
        operations: {
          get: query({ http: 'GET /things/{id}', input: z.object({ name: z.string() }) }),
          list: query({ http: 'GET /things/{thing}', input: z.object({ thing: z.string(), at: z.date() }) }),
          // oxlint-disable-next-line unicorn/no-thenable -- the mistake that is to be reported
          then: query({}),
          'no-good': query({}),
          save: command({ http: 'GET /save' }),
          empty: stream({}),
        },
        events: { Placed: event({ data: z.object({ at: z.date() }) }) },
      })
    expect(define).toThrow(DefinitionError)
    const { problems } = caught(define) as DefinitionError
    const text = problems.join('\n')
    for (const expected of [
      /'Bad Name' must be lower case/,
      /'get': route .*\{id\}, but the input has no field 'id'/,
      /'get' and 'list' clash: both answer GET \/things\/\{\}/,
      /'list': input: field 'at'/,
      /'then': this name has a meaning/,
      /'no-good': a name is camelCase/,
      /'save': route .* is a GET, but a command changes state/,
      /'empty': a stream has neither/,
      /event 'Placed': a name/,
      /event 'Placed': field 'at'/,
    ])
      expect(text).toMatch(expected)
  })
})

it('a plain JSON Schema takes a field that is undefined for one that is not there, and says where else something is missing', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' }, list: { type: 'array' } } } as const
  const { parse } = compileSchema(schema, 'data', (problem) => expect.fail(problem))
  expect(parse({ a: undefined, list: [] })).toEqual({ value: { list: [] } })
  expect(parse({ list: [1, undefined] })).toEqual({ issues: [{ path: ['list', 1], message: 'It is missing.' }] })
  expect(parse(undefined)).toEqual({ issues: [{ path: [], message: 'It is missing.' }] })
  const named = { type: 'object', additionalProperties: { type: 'string' } } as const
  const record = compileSchema(named, 'data', (problem) => expect.fail(problem))
  expect(record.parse({ '\uD800': 1 })).toMatchObject({ issues: [{ message: expect.stringMatching(/well-formed/) }] })
})

it('equal promises give equal fingerprints, unequal ones do not', () => {
  const a = (min: number): string =>
    defineContract('a', { operations: { get: query({ input: z.object({ x: z.int().min(min), y: z.string() }) }) } })
      .fingerprint
  const turned = defineContract('a', {
    operations: { get: query({ input: z.object({ x: z.int().min(1), y: z.string() }) }) },
  }).fingerprint
  expect(a(1)).toBe(turned)
  expect(a(1)).not.toBe(a(2))
  expect(a(1)).toMatch(/^[0-9a-f]{16}$/)
})

function caught(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** Valibot's own types already refuse a Date; this looks past them, as JavaScript callers would. */
function toStandardJsonSchemaUnchecked(schema: v.GenericSchema): ReturnType<typeof toStandardJsonSchema> {
  return toStandardJsonSchema(schema)
}

import { defineApp, defineService } from '@holon/app'
import { defineContract, query } from '@holon/contract'
import { expose } from '@holon/gateway/definition'
import { startTestApp, type TestApp } from '@holon/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'

/** A kind of schema, values that it accepts, and what reading them gives where that is something else. */
interface Kind {
  readonly schema: z.ZodType
  readonly values: fc.Arbitrary<unknown>
  readonly parsed?: (value: unknown) => unknown
}

const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })).map((n) => (n === 0 ? 0 : n))
const text = fc.string({ minLength: 1, maxLength: 8 }).filter((s) => /^[\x21-\x7e]+$/.test(s))
const flag = fc.boolean()
const Colour = z.enum(['red', 'green', 'true', '5'])

/** Scalars: one text each, in a query as in the environment. */
const scalars: { readonly [name: string]: Kind } = {
  number: { schema: z.number(), values: number },
  int: { schema: z.int(), values: fc.maxSafeInteger().map((n) => (n === 0 ? 0 : n)) },
  flag: { schema: z.boolean(), values: flag },
  text: { schema: z.string(), values: text },
  nullableNumber: { schema: z.number().nullable(), values: fc.option(number, { nil: null }) },
  nullishFlag: { schema: z.boolean().nullish(), values: fc.option(flag, { nil: null }) },
  optionalNumber: { schema: z.number().optional(), values: number },
  exactOptional: { schema: z.number().nonoptional(), values: number },
  defaulted: { schema: z.number().default(7), values: number },
  prefaulted: { schema: z.boolean().prefault(true), values: flag },
  caught: { schema: z.number().catch(7), values: number },
  nullableText: { schema: z.string().nullable(), values: text.filter((s) => s !== 'null') },
  numberOrFlag: { schema: z.union([z.number(), z.boolean()]), values: fc.oneof(number, flag) },
  numberOrText: { schema: z.union([z.number(), z.string()]), values: text },
  deepUnion: { schema: z.union([z.number().nullable(), z.boolean().optional()]), values: fc.oneof(number, flag) },
  colour: { schema: Colour, values: fc.constantFrom(...Colour.options) },
  nullableColour: { schema: Colour.nullable(), values: fc.constantFrom(...Colour.options, null) },
  level: { schema: z.literal([1, 2, 3]), values: fc.constantFrom(1, 2, 3) },
  mixedLiteral: { schema: z.literal([1, 'two', false, null]), values: fc.constantFrom(1, 'two', false, null) },
  branded: { schema: z.number().brand('n'), values: number },
  readonly: { schema: z.number().readonly(), values: number },
  described: { schema: z.number().describe('how many').nullable(), values: number },
  refined: { schema: z.number().refine(() => true), values: number },
  positive: { schema: z.number().gte(1).lte(9).nullable(), values: fc.integer({ min: 1, max: 9 }) },
  piped: { schema: z.number().pipe(z.number()), values: number },
  transformed: {
    schema: z
      .string()
      .transform((s) => s.length)
      .pipe(z.number()),
    values: text,
    parsed: (value) => String(value).length,
  },
  overwritten: { schema: z.string().trim(), values: text },
}
/** In a query each item is a parameter; in the environment the list is JSON. */
const lists: { readonly [name: string]: Kind } = {
  numbers: { schema: z.array(z.number()), values: fc.array(number, { minLength: 1 }) },
  texts: { schema: z.array(z.string()), values: fc.array(text, { minLength: 1 }) },
  nullableFlags: { schema: z.array(z.boolean()).nullable(), values: fc.array(flag, { minLength: 1 }) },
  optionalPair: { schema: z.tuple([z.number(), z.number()]).optional(), values: fc.tuple(number, number) },
}
/** A query cannot carry them. */
const objects: { readonly [name: string]: Kind } = {
  place: { schema: z.object({ x: z.number() }).nullable(), values: fc.record({ x: number }) },
  table: { schema: z.record(z.string(), z.number()).optional(), values: fc.constant({ a: 1, b: 2 }) },
}

const kinds = { ...scalars, ...lists, ...objects }
const shapeOf = (from: { readonly [name: string]: Kind }): z.ZodObject =>
  z.object(Object.fromEntries(Object.entries(from).map(([name, { schema }]) => [name, schema])))
const valuesOf = (from: { readonly [name: string]: Kind }): fc.Arbitrary<Readonly<Record<string, unknown>>> =>
  fc.record(Object.fromEntries(Object.entries(from).map(([name, { values }]) => [name, values])))
const parsed = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, (kinds[name]?.parsed ?? ((same: unknown) => same))(value)]),
  )

const asked: { config: unknown; input: unknown } = { config: undefined, input: undefined }
const reader = defineContract('reader', {
  operations: { read: query({ http: 'GET /read', input: shapeOf({ ...scalars, ...lists }), auth: 'none' }) },
})
const service = defineService(reader, {
  config: shapeOf(kinds),
  operations: { read: (input) => void (asked.input = input) },
  start: ({ config }) => void (asked.config = config),
})
const app = defineApp({
  name: 'texts',
  services: { reader: () => Promise.resolve({ default: service }) },
  gateway: { expose: [expose(reader, ['read'])] },
})

const start = (values: Readonly<Record<string, unknown>>): Promise<TestApp> =>
  startTestApp(app, {
    environment: Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        `READER_${name.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()}`,
        typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value),
      ]),
    ),
  })

let running: TestApp
beforeAll(async () => {
  const [values = {}] = fc.sample(valuesOf(kinds), 1)
  running = await start(values)
})
afterAll(() => running.close())

it('the text of a value reads as that value from the environment, for every kind of schema', async () => {
  const check = fc.asyncProperty(valuesOf(kinds), async (values) => {
    const other = await start(values)
    await other.close()
    expect(asked.config).toEqual(parsed(values))
  })
  await fc.assert(check, { numRuns: 40 })
})

it('the text of a value reads as that value from a query, for every kind of schema that a URL can carry', async () => {
  const check = fc.asyncProperty(valuesOf({ ...scalars, ...lists }), async (values) => {
    const search = new URLSearchParams(
      Object.entries(values).flatMap(([name, value]) =>
        (Array.isArray(value) ? value : [value]).map((item: unknown): [string, string] => [name, String(item)]),
      ),
    )
    const { status } = await running.http(`/read?${search.toString()}`)
    expect(status).toBe(204)
    expect(asked.input).toEqual(parsed(values))
  })
  await fc.assert(check, { numRuns: 60 })
})

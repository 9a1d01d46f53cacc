import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { compileSchema } from '../compiled-schema.ts'
import type { Schema } from '../schema.ts'
import { unsure } from './checked-copy.ts'

const compiled = (schema: Schema) =>
  compileSchema(schema, 'input', (problem) => {
    throw new Error(problem)
  })
class Thing {
  readonly id: string = ''
}
const isStructural = (schema: Schema): boolean => compiled(schema).structural !== undefined

const Product = z.object({
  id: z.string().min(1).max(8),
  price: z.object({ units: z.int(), currency: z.enum(['EUR', 'USD']) }),
  tags: z.array(z.string()),
  stock: z.int().min(0).nullable(),
  note: z.string().optional(),
})
const product = { id: 'p-1', price: { units: 5, currency: 'EUR' }, tags: ['a', 'b'], stock: null }

describe('the structure of a schema', () => {
  it.each<[string, Schema]>([
    ['objects, arrays, bounds', Product],
    ['formats that are a pattern', z.object({ id: z.uuid(), mail: z.email(), at: z.iso.datetime() })],
    ['a brand and a description', z.string().brand<'Id'>().describe('an id')],
    ['a default that is no object', z.object({ limit: z.int().default(8) })],
    [
      'objects told apart by a field',
      z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') }), z.object({ kind: z.literal('b') })]),
    ],
    ['branches of different types', z.union([z.string(), z.array(z.string())])],
    ['plain JSON Schema', { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }],
  ])('is found with %s', (_, schema) => expect(isStructural(schema)).toBe(true))

  it.each<[string, Schema]>([
    ['a refinement', z.object({ a: z.string().refine((text) => text !== 'x') })],
    ['a refinement of the whole', Product.refine(({ stock }) => stock !== 7)],
    ['a change of the value', z.string().trim()],
    ['a transform with a described result', z.string().transform(Number).pipe(z.number())],
    ['coercion', z.coerce.string()],
    ['a value in place of a wrong one', z.string().catch('x')],
    ['a check of the caller, though it bears the name of a known format', z.stringFormat('email', () => true)],
    ['a format that is more than a pattern', z.url()],
    ['a pattern that remembers where it was', z.string().regex(/a/g)],
    [
      'branches of which several may fit',
      z.union([z.object({ a: z.string() }), z.object({ b: z.string().optional() })]),
    ],
    ['undeclared fields that are kept', z.looseObject({})],
    [
      'recursion',
      z.object({
        get child() {
          return z.optional(Product)
        },
        other: z.lazy(() => z.string()),
      }),
    ],
    ['a compiled parser of somebody else', z.withParser(z.string(), () => 'mine')],
    [
      'a keyword of JSON Schema that is not understood',
      { type: 'array', items: { type: 'string' }, uniqueItems: true },
    ],
    ['a pattern in JSON Schema', { type: 'string', pattern: 'a' }],
  ])('is not found with %s', (_, schema) => expect(isStructural(schema)).toBe(false))
})

describe('a checked copy', () => {
  const copy = (schema: Schema, value: unknown): unknown => compiled(schema).structural?.copyTravelling(value)

  it('has the fields in the order of the schema, and none that it does not name', () => {
    const given = { extra: [1], ...product, note: 'n' }
    expect(JSON.stringify(copy(Product, given))).toBe(JSON.stringify(Product.parse(given)))
  })

  it('keeps -0 and halves of surrogate pairs as they are', () => {
    const schema = z.object({ n: z.number(), text: z.string() })
    expect(copy(schema, { n: -0, text: 'a\ud83d' })).toStrictEqual({ n: -0, text: 'a\ud83d' })
  })

  it('keeps an optional field that is undefined, and leaves out one that is not there', () => {
    expect(copy(Product, { ...product, note: undefined })).toStrictEqual({ ...product, note: undefined })
    expect(copy(Product, product)).toStrictEqual(product)
  })

  it.each<[string, unknown]>([
    ['an undeclared field that cannot travel', { ...product, extra: new Date(0) }],
    ['an object of a class', Object.assign(new Thing(), product)],
    ['an array of a class', { ...product, tags: new (class Tags extends Array<string> {})() }],
    ['an array with a hole', { ...product, tags: ['a', , 'b'] }], // oxlint-disable-line no-sparse-arrays -- that is what is tested
    ['a text whose length depends on how one counts', { ...product, id: '👩👩👩👩👩👩' }],
    ['a number that is not finite', { ...product, stock: Infinity }],
    ['an integer that is not safe', { ...product, stock: 2 ** 53 }],
    [
      'a getter that throws',
      {
        ...product,
        get id() {
          throw new Error('no')
        },
      },
    ],
  ])('leaves %s to the library', (_, value) => expect(copy(Product, value)).toBe(unsure))

  it('takes what a handler answers although what is dropped from it could not travel', () => {
    const { structural } = compiled(Product)
    expect(structural?.copy({ ...product, loadedAt: new Date(0) })).toStrictEqual(product)
  })

  it('reads each member once, so that what was checked is what is copied', () => {
    let reads = 0
    const sly = {
      get n() {
        return ++reads === 1 ? 1 : 'text'
      },
    }
    expect(copy(z.object({ n: z.int() }), sly)).toStrictEqual({ n: 1 })
  })

  it('asks for a default each time, and leaves one that is an object to the library', () => {
    let asked = 0
    const { structural } = compiled(z.object({ n: z.int().default(() => ++asked) }))
    asked = 0
    expect([structural?.copy({}), structural?.copy({ n: 7 }), structural?.copy({})]).toEqual([
      { n: 1 },
      { n: 7 },
      { n: 2 },
    ])
    expect(copy(z.object({ list: z.array(z.int()).default([]) }), {})).toBe(unsure)
  })
})

import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { compileSchema } from './compiled-schema.ts'
import { copyPlain, travelIssue, Untravelable } from './travels.ts'

class Entity {
  readonly id = 'x'
}
const nested = (levels: number): unknown => (levels === 0 ? 'end' : [nested(levels - 1)])
const cycle: Record<string, unknown> = {}
cycle['self'] = cycle

describe('what can travel', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['text, numbers and truth', ['x', 1.5, Number.NaN, true]],
    ['fields that are undefined', { a: undefined }],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
    ['names that objects have themselves', { constructor: 'x', toString: 'y' }],
    ['200 levels', nested(200)],
  ])('%s', (_name, value) => {
    expect(travelIssue(value)).toBeUndefined()
    expect(copyPlain(value)).toEqual(value)
  })

  it.each<[string, unknown, string]>([
    ['a Date', { at: new Date(0) }, 'at: a Date cannot travel: use an ISO 8601 string, or a number of milliseconds'],
    ['a Map', [new Map()], '0: a Map cannot travel: use an object, or an array of pairs'],
    ['a Set', new Set(), 'a Set cannot travel: use an array'],
    ['bytes', new Uint8Array(1), 'a Uint8Array cannot travel: use a plain object'],
    ['a function', { f: () => 1 }, 'f: a function cannot travel: only data travels'],
    ['a bigint', 1n, 'a bigint cannot travel: use a string of digits, or a safe integer'],
    ['an instance of a class', { list: [new Entity()] }, 'list.0: a Entity cannot travel: use a plain object'],
    [
      'a field that would become a prototype',
      JSON.parse('{"__proto__":{}}'),
      "a field named '__proto__' cannot travel",
    ],
  ])('not %s', (_name, value, message) => {
    expect(() => copyPlain(value)).toThrow(new Untravelable(travelIssue(value) ?? { path: [], message: '' }))
    expect(() => copyPlain(value)).toThrow(message)
  })

  it.each([
    ['a cycle', cycle],
    ['too many levels', nested(250)],
    ['far too many levels', nested(2000)],
  ])('not %s', (_name, value) => {
    expect(travelIssue(value)?.message).toBe('it is nested deeper than 200 levels, or refers to itself')
  })

  it('not what throws when it is read', () => {
    const hostile = new Proxy({}, { ownKeys: () => { throw new Error('no') } }) // prettier-ignore
    expect(travelIssue(hostile)?.message).toBe('it cannot be read')
  })
})

describe('a parsed value is its own copy', () => {
  const noProblem = (problem: string): never => {
    throw new Error(problem)
  }
  const parse = async (schema: z.ZodType, value: unknown): Promise<unknown> => {
    const parsed = await compileSchema(schema, 'data', noProblem).parse(value)
    return parsed.issues ?? parsed.value
  }

  it('also of a default that holds objects', async () => {
    const schema = z.object({ tags: z.object({ list: z.array(z.string()) }).default({ list: [] }) })
    const first = (await parse(schema, {})) as { tags: { list: string[] } }
    first.tags.list.push('mine')
    expect(await parse(schema, {})).toEqual({ tags: { list: [] } })
  })

  it('and not frozen, though the schema calls it read-only', async () => {
    const schema = z.object({ list: z.array(z.string()).readonly() }).readonly()
    expect(Object.isFrozen(await parse(schema, { list: [] }))).toBe(false)
  })

  it('and what cannot travel is an issue with its path', async () => {
    expect(await parse(z.object({ any: z.unknown() }), { any: { at: new Date(0) } })).toMatchObject([
      { path: ['any', 'at'] },
    ])
  })
})

import { runInNewContext } from 'node:vm'

import { defineContract, event, type Schema } from '@holon/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'

import { literalOf } from './code/literals.ts'
import { sampleOf } from './sample-data.ts'

/** What a schema says against the data that is made for it. */
async function problems(data: Schema): Promise<readonly string[]> {
  const { compiled } = defineContract('samples', { events: { made: event({ data }) } }).events.made
  const { issues = [] } = await compiled.data.parse(sampleOf(compiled.data.inputJson))
  return issues.map(({ message }) => message)
}

const leaves = fc.constantFrom<z.ZodType>(
  z.string(),
  z.string().min(12).max(14),
  z.string().max(2),
  z.email(),
  z.uuid(),
  z.iso.datetime(),
  z.iso.date(),
  z.url(),
  z.int().min(3),
  z.int().max(-2),
  z.number().gt(7),
  z.number().min(2).max(2.5),
  z.boolean(),
  z.null(),
  z.literal('only'),
  z.enum(['a', 'b']),
  z.string().default('as usual'),
)

const schemas = fc.letrec<{ schema: z.ZodType }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small' },
    leaves,
    tie('schema').map((each) => z.array(each).min(2)),
    tie('schema').map((each) => each.nullable()),
    fc.tuple(tie('schema'), tie('schema')).map((two) => z.union(two)),
    fc.tuple(tie('schema'), tie('schema')).map(([a, b]) => z.object({ first: a, 'second-one': b, left: b.optional() })),
  ),
})).schema

test('data that is made for a schema is what it takes', async () => {
  await fc.assert(
    fc.asyncProperty(schemas, async (data) => {
      expect(await problems(z.object({ data }))).toEqual([])
    }),
  )
})

test('a schema that refers to itself has data with an end', async () => {
  const node: z.ZodType = z.object({ id: z.string(), next: z.lazy(() => node).nullable() })
  const data = {
    $ref: '#/$defs/node',
    $defs: { node: { type: 'object', required: ['next'], properties: { next: { $ref: '#/$defs/node' } } } },
  }
  expect(sampleOf(data)).toBeDefined()
  expect(literalOf(sampleOf(z.toJSONSchema(node)))).toContain("id: 'id-1'")
})

test('what no schema tells is found by the contract', async () => {
  expect(await problems(z.object({ code: z.string().regex(/^[A-Z]{7}$/) }))).not.toEqual([])
})

test('a value as code is the value again', () => {
  // A key of this name would be the prototype, here as anywhere in JavaScript.
  const values = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__'))
  fc.assert(
    fc.property(values, (value) => {
      const made = runInNewContext(`(${literalOf(value)})`) as unknown
      expect(JSON.stringify(made)).toBe(JSON.stringify(value))
    }),
  )
})

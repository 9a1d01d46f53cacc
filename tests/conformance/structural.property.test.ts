import { type CompiledSchema, compileSchema, type Schema, travelIssue, unsure } from '@holon/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'

import { materialise } from '../support/placement/described.ts'
import { anySchema, validValue, wrongValue } from '../support/placement/schema-arbitrary.ts'
import { type Library, type SchemaSpec, toSchema } from '../support/placement/schema-spec.ts'

const numRuns = Number(process.env['FC_RUNS'] ?? 6000)
const seed = process.env['FC_SEED']
const options = {
  numRuns,
  plugins: [fc.interruptAfterTimeLimit(process.env['FC_RUNS'] === undefined ? 8_000 : 3_600_000)],
  ...(seed !== undefined && { seed: Number(seed) }),
}

interface Case {
  readonly spec: SchemaSpec
  readonly library: Library
  readonly value: unknown
}

const anyCase: fc.Arbitrary<Case> = anySchema.chain((spec) =>
  fc.record({
    spec: fc.constant(spec),
    library: fc.constantFrom<Library>('zod', 'json'),
    value: fc.oneof(validValue(spec), wrongValue(spec)),
  }),
)

function compile(schema: Schema): CompiledSchema {
  const compiled = compileSchema(schema, 'data', (problem) => {
    throw new Error(problem)
  })
  return compiled
}

/** The same schema, with something in it that makes it be left to its library; nothing else changes. */
function compileForLibrary({ spec, library }: Case): CompiledSchema {
  const schema = toSchema(spec, library)
  const left = compile(
    library === 'zod' ? (schema as z.ZodType).refine(() => true) : { ...schema, 'x-left-to-the-validator': true },
  )
  expect(left.structural).toBeUndefined()
  return left
}

/** What parsing gives; some values make a library itself fail. */
async function outcome(schema: CompiledSchema, value: unknown): Promise<unknown> {
  try {
    return await schema.parse(value)
  } catch (error) {
    return { failed: String(error) }
  }
}

/** The first object that two values both hold. */
function sharedObject(a: unknown, b: unknown): unknown {
  const held = new Set<unknown>()
  const gather = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > 10) return
    held.add(value)
    for (const item of Object.values(value)) gather(item, depth + 1)
  }
  gather(a, 0)
  const find = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return undefined
    return held.has(value) ? value : Object.values(value).find((item) => find(item) !== undefined)
  }
  return find(b)
}

describe('a schema with a structure', () => {
  it('parses every value to what its library makes of it, and refuses with the same issues', async () => {
    const property = fc.asyncProperty(anyCase, async (drawn) => {
      const schema = compile(toSchema(drawn.spec, drawn.library))
      const left = compileForLibrary(drawn)
      expect(await outcome(schema, materialise(drawn.value))).toStrictEqual(
        await outcome(left, materialise(drawn.value)),
      )
    })
    await fc.assert(property, options)
  })

  it('is surely valid only for what could travel and its library accepts, and shares nothing with it', async () => {
    let [sure, valid] = [0, 0]
    const property = fc.asyncProperty(anyCase, async (drawn) => {
      const { structural } = compile(toSchema(drawn.spec, drawn.library))
      if (structural === undefined) return
      const value = materialise(drawn.value)
      const travels = travelIssue(value) === undefined
      const expected = travels ? await compileForLibrary(drawn).parse(value) : 'it cannot travel'
      if (typeof expected === 'object' && expected.issues === undefined) valid++
      // What handlers answer need not be plain, nor what is dropped from it.
      const copies = [structural.copyTravelling(value), ...(travels ? [structural.copy(value)] : [])]
      const given = copies.filter((copy) => copy !== unsure)
      sure += given.length
      const same = given.map(() => expected)
      expect(given.map((copy) => ({ value: copy }))).toStrictEqual(same)
      expect(given.map((copy) => sharedObject(value, copy))).toEqual(given.map(() => undefined))
    })
    await fc.assert(property, options)
    // Not in vain: nearly all that is valid is surely so.
    expect(sure).toBeGreaterThan(1.5 * valid)
    expect(valid).toBeGreaterThan(20)
  })
})

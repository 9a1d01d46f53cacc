import fc from 'fast-check'

import { exotic } from './described.ts'
import type { FieldSpec, SchemaSpec } from './schema-spec.ts'

const fieldNames = ['id', 'name', 'list', 'a', 'b', 'größe', 'then', 'length', 'with-hyphen']

/** Well-formed text of all planes. A lone surrogate is no text: see "What does not survive" of the wire protocol's page. */
const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 90 }) },
  { weight: 1, arbitrary: fc.constantFrom('', ' padded ', 'ÄÖÜ', '👩‍👩‍👧', '\u0000', 'x'.repeat(70), '漢'.repeat(30)) },
)
/** -0 is left out: it may arrive as 0. */
const numbers = fc
  .oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.constantFrom(2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1, 0.1, 251, 252, 65_536),
  )
  .map((value) => (value === 0 ? 0 : value))
const safeIntegers = fc.oneof(
  fc.integer({ min: -300, max: 300 }),
  fc.maxSafeInteger().map((value) => (value === 0 ? 0 : value)),
)
const json = fc
  .jsonValue({ maxDepth: 3, depthSize: 'small' })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown)

const leaves: fc.Arbitrary<SchemaSpec> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(
        'string',
        'int',
        'number',
        'boolean',
        'null',
        'anything',
        'json',
        'tree',
        'even',
        'trimmed',
        'coerced',
        'short',
        'percent',
        'day',
        'word',
        'few',
      )
      .map((kind) => ({ kind })),
  },
  {
    weight: 1,
    arbitrary: fc
      .uniqueArray(fc.constantFrom('red', 'green', 'blue', ''), { minLength: 1 })
      .map((values) => ({ kind: 'enum', values }) as const),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<string | number | boolean>('x', 7, -1.5, true)
      .map((value) => ({ kind: 'literal', value }) as const),
  },
)

/** Any schema, with what JSON Schema can say and some that it cannot. */
export const anySchema: fc.Arbitrary<SchemaSpec> = fc.letrec<{ schema: SchemaSpec; fields: readonly FieldSpec[] }>(
  (tie) => ({
    fields: fc
      .uniqueArray(
        fc.tuple(fc.constantFrom(...fieldNames), tie('schema'), fc.constantFrom('required', 'optional', 'default')),
        {
          maxLength: 4,
          selector: ([name]) => name,
        },
      )
      .chain((drawn) =>
        fc.tuple(
          ...drawn.map(([name, of, presence]) =>
            presence === 'default'
              ? validValue(of, 'declared').map((value) => ({ name, of, presence, value }))
              : fc.constant({ name, of, presence }),
          ),
        ),
      ),
    schema: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      leaves,
      fc.record({ kind: fc.constantFrom('nullable', 'array', 'record', 'readonly'), of: tie('schema') }),
      fc.record({
        kind: fc.constant('object'),
        fields: tie('fields'),
        extras: fc.constantFrom('dropped', 'refused', 'kept'),
      }),
      fc.record({
        kind: fc.constantFrom('union', 'tuple'),
        of: fc.array(tie('schema'), { minLength: 2, maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('tagged'), of: fc.array(tie('fields'), { minLength: 1, maxLength: 3 }) }),
    ),
  }),
).schema

/** A schema of an object, as most operations have it. */
export const anyObjectSchema: fc.Arbitrary<SchemaSpec> = anySchema.map((of) =>
  of.kind === 'object' ? of : { kind: 'object', fields: [{ name: 'id', of, presence: 'required' }], extras: 'dropped' },
)

const anyTree = fc.letrec((tie) => ({
  node: fc.record(
    {
      value: safeIntegers,
      children: fc.oneof({ maxDepth: 3 }, fc.constant([]), fc.array(tie('node'), { maxLength: 2 })),
    },
    { noNullPrototype: true },
  ),
})).node

/**
 * Values that a schema accepts. `declared`: without fields that it does not declare; a default must be so, because Zod
 * hands it through unchecked, and then a link drops what the contract does not name.
 */
export function validValue(spec: SchemaSpec, extras: Extras = 'any'): fc.Arbitrary<unknown> {
  return simple[spec.kind] ?? validComposite(spec, extras)
}

const simple: { readonly [K in SchemaSpec['kind']]?: fc.Arbitrary<unknown> } = {
  string: text,
  trimmed: text,
  int: safeIntegers,
  even: fc.integer({ min: -1000, max: 1000 }).map((value) => (value === 0 ? 0 : value * 2)),
  number: numbers,
  coerced: numbers,
  boolean: fc.boolean(),
  null: fc.constant(null),
  anything: json,
  json,
  tree: anyTree,
  short: fc.constantFrom('ab', 'abcd', '👩👩', '👩👩👩👩'),
  percent: fc.integer({ min: 0, max: 100 }),
  day: fc.constantFrom('2024-02-29', '1999-12-31'),
  word: fc.constantFrom('a', 'holon'),
  few: fc.array(safeIntegers, { minLength: 1, maxLength: 3 }),
}

type Extras = 'any' | 'declared'

function validComposite(spec: SchemaSpec, extras: Extras): fc.Arbitrary<unknown> {
  switch (spec.kind) {
    case 'enum':
      return fc.constantFrom(...spec.values)
    case 'literal':
      return fc.constant(spec.value)
    case 'nullable':
      return fc.oneof(validValue(spec.of, extras), fc.constant(null))
    case 'readonly':
      return validValue(spec.of, extras)
    case 'array':
      return fc.array(validValue(spec.of, extras), { maxLength: 4 })
    case 'record':
      return fc.dictionary(fc.oneof(fc.constantFrom(...fieldNames), text), validValue(spec.of, extras), {
        maxKeys: 3,
        noNullPrototype: true,
      })
    case 'object':
      return fields(
        spec.fields,
        extras,
        spec.extras === 'refused' || extras === 'declared'
          ? fc.constant({})
          : fc.oneof(fc.constant({}), fc.record({ extra: json })),
      )
    case 'union':
      return fc.oneof(...spec.of.map((of) => validValue(of, extras)))
    case 'tuple':
      return fc.tuple(...spec.of.map((of) => validValue(of, extras)))
    case 'tagged':
      return fc.oneof(...spec.of.map((members, n) => fields(members, extras, fc.constant({ tag: `t${n}` }))))
    default:
      throw new TypeError(spec.kind)
  }
}

function fields(specs: readonly FieldSpec[], extras: Extras, others: fc.Arbitrary<object>): fc.Arbitrary<unknown> {
  const model = Object.fromEntries(specs.map(({ name, of }) => [name, validValue(of, extras)]))
  const requiredKeys = specs.filter(({ presence }) => presence === 'required').map(({ name }) => name)
  return fc
    .tuple(fc.record(model, { requiredKeys, noNullPrototype: true }), others)
    .map(([value, extra]) => ({ ...extra, ...value }))
}

/** Junk of all kinds, also what is no data at all. */
const junk = fc.oneof(
  { weight: 3, arbitrary: json },
  { weight: 2, arbitrary: fc.constantFrom(...exotic) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('a', 'abcde', '👩', '2023-02-29', 'Holon', -1, 101, 0.5, 2 ** 53, [1, 2, 3, 4]),
  },
)

/** Values of which most do not fit: a valid one with junk somewhere in it. */
export function wrongValue(spec: SchemaSpec): fc.Arbitrary<unknown> {
  return fc
    .tuple(validValue(spec), junk, fc.array(fc.nat(7), { maxLength: 3 }))
    .map(([value, wrong, path]) => replaceAt(value, path, wrong))
}

function replaceAt(value: unknown, [first, ...rest]: readonly number[], wrong: unknown): unknown {
  if (first === undefined || typeof value !== 'object' || value === null) return wrong
  const keys = Object.keys(value)
  const key = keys[first % Math.max(1, keys.length)]
  if (key === undefined) return wrong
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>
  copy[key] = replaceAt(copy[key], rest, wrong)
  return copy
}

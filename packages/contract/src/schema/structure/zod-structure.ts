import { isRecord } from '../../kernel/is-record.ts'
import {
  areDisjoint,
  type FieldStructure,
  type NumberStructure,
  type Structure,
  type TextStructure,
} from './structure.ts'

/** What is read of a Zod schema or check: documented for authors of libraries, in version 4. */
interface ZodNode {
  readonly _zod: {
    readonly def: Readonly<Record<string, unknown>> & { readonly type?: string; readonly check?: string }
    readonly traits: ReadonlySet<string>
    readonly version?: { readonly major: number }
    readonly values?: ReadonlySet<unknown>
    /** What is compiled by others leaves its traces here. */
    readonly bag?: Readonly<Record<string, unknown>>
  }
}

/** Formats of which Zod checks nothing but the pattern. */
const patternFormats: readonly string[] = [
  'GUID',
  'UUID',
  'Email',
  'Emoji',
  'NanoID',
  'CUID',
  'CUID2',
  'ULID',
  'XID',
  'KSUID',
  'ISODateTime',
  'ISODate',
  'ISOTime',
  'ISODuration',
  'IPv4',
  'CIDRv4',
  'E164',
  'CheckRegex',
  'CheckLowerCase',
  'CheckUpperCase',
]

/** The traits whose behaviour is known. One that is not among them may change what a schema does. */
const knownTraits: ReadonlySet<string> = new Set(
  [
    'Type',
    'String',
    'StringFormat',
    'Number',
    'NumberFormat',
    'Boolean',
    'Null',
    'Literal',
    'Enum',
    'Array',
    'Tuple',
    'Object',
    'ObjectJIT',
    'Record',
    'Union',
    'DiscriminatedUnion',
    'Nullable',
    'Optional',
    'Default',
    'Check',
    'CheckStringFormat',
    'CheckMinLength',
    'CheckMaxLength',
    'CheckLengthEquals',
    'CheckLessThan',
    'CheckGreaterThan',
    'CheckNumberFormat',
    ...patternFormats,
  ].map((name) => `$Zod${name}`),
)

/** The structure of a Zod 4 schema; undefined where it does anything that is not surely understood here. */
export function readZodStructure(schema: unknown): Structure | undefined {
  if (!isNode(schema) || schema._zod.version?.major !== 4) return undefined
  try {
    return structureOf(schema, [])
  } catch (error) {
    if (error === notUnderstood) return undefined
    throw error
  }
}

/** Thrown as a mark only. */
const notUnderstood: Error = new Error('This schema is not purely structural.')

function structureOf(schema: unknown, outer: readonly ZodNode[]): Structure {
  // Recursion is left to the library: its depth is bounded elsewhere.
  if (!isNode(schema) || outer.includes(schema)) throw notUnderstood
  const { def } = schema._zod
  const read = def.type === undefined ? undefined : readers[def.type]
  if (!isKnown(schema) || def['coerce'] === true || read === undefined) throw notUnderstood
  if (!['string', 'number', 'array'].includes(String(def.type)) && checksOf(schema).length > 0) throw notUnderstood
  return read(schema, (child) => structureOf(child, [...outer, schema]))
}

function isNode(value: unknown): value is ZodNode {
  if (!isRecord(value) || !isRecord(value['_zod'])) return false
  const { def, traits } = value['_zod']
  return isRecord(def) && traits instanceof Set
}

function isKnown({ _zod: { traits, bag } }: ZodNode): boolean {
  if (bag !== undefined && 'fallbackRun' in bag) return false
  return [...traits].every((trait) => (trait.startsWith('$') ? knownTraits.has(trait) : /^_?Zod/.test(trait)))
}

type Read = (schema: ZodNode, inner: (child: unknown) => Structure) => Structure

const readers: { readonly [type: string]: Read | undefined } = {
  string: readText,
  number: readNumber,
  boolean: () => ({ kind: 'boolean' }),
  null: () => ({ kind: 'constants', values: [null] }),
  literal: readConstants,
  enum: readConstants,
  nullable: ({ _zod: { def } }, inner) => ({ kind: 'nullable', of: inner(def['innerType']) }),
  array: (schema, inner) => ({ kind: 'array', of: inner(schema._zod.def['element']), ...readLength(schema) }),
  tuple: ({ _zod: { def } }, inner) => {
    if (def['rest'] !== null && def['rest'] !== undefined) throw notUnderstood
    return { kind: 'tuple', of: listOf(def['items']).map(inner) }
  },
  record: ({ _zod: { def } }, inner) => {
    const key = inner(def['keyType'])
    const anyKey = key.kind === 'text' && key.min === 0 && key.max === Infinity && key.patterns.length === 0
    if (!anyKey || def['mode'] !== undefined || def['partial'] !== undefined) throw notUnderstood
    return { kind: 'record', of: inner(def['valueType']) }
  },
  object: readObject,
  union: ({ _zod: { def } }, inner) => {
    const of = listOf(def['options']).map(inner)
    // Zod takes the first branch that fits. Which that is would depend on what exactly the others refuse.
    if (!areDisjoint(of)) throw notUnderstood
    return { kind: 'union', of }
  },
}

function readObject({ _zod: { def } }: ZodNode, inner: (child: unknown) => Structure): Structure {
  const { shape, catchall } = def
  if (!isRecord(shape)) throw notUnderstood
  const strict = isNode(catchall) && catchall._zod.def.type === 'never' && checksOf(catchall).length === 0
  if ((catchall !== undefined && !strict) || Object.getOwnPropertySymbols(shape).length > 0) throw notUnderstood
  const fields = Object.entries(shape).map(([key, field]): FieldStructure => {
    if (key === '__proto__' || !isNode(field)) throw notUnderstood
    const { def: own } = field._zod
    if (own.type !== 'optional' && own.type !== 'default') return { key, of: inner(field), presence: 'required' }
    if (!isKnown(field) || checksOf(field).length > 0) throw notUnderstood
    const of = inner(own['innerType'])
    if (own.type === 'optional') return { key, of, presence: 'optional' }
    // Read each time, as Zod does: a function may stand behind it.
    return { key, of, presence: 'default', fallback: () => own['defaultValue'] }
  })
  return { kind: 'object', fields, extras: strict ? 'refused' : 'dropped' }
}

function readConstants({ _zod: { values } }: ZodNode): Structure {
  const constants = [...(values ?? [])].map((value) => {
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    throw notUnderstood
  })
  return { kind: 'constants', values: constants }
}

function readText(schema: ZodNode): TextStructure {
  const patterns = checksOf(schema)
    .filter(({ _zod: { def } }) => def.check === 'string_format')
    .map(({ _zod: { def, traits } }) => {
      const { pattern } = def
      const known = patternFormats.some((format) => traits.has(`$Zod${format}`))
      if (!known || !(pattern instanceof RegExp) || pattern.global || pattern.sticky) throw notUnderstood
      return pattern
    })
  return { kind: 'text', ...readLength(schema, 'string_format'), patterns }
}

/** The bounds of a length. */
function readLength(schema: ZodNode, others?: string): { readonly min: number; readonly max: number } {
  let [min, max] = [0, Infinity]
  for (const { _zod } of checksOf(schema)) {
    const { check, minimum, maximum, length } = _zod.def
    if (check === others) continue
    if (check === 'min_length') min = Math.max(min, finite(minimum))
    else if (check === 'max_length') max = Math.min(max, finite(maximum))
    else if (check === 'length_equals') [min, max] = [Math.max(min, finite(length)), Math.min(max, finite(length))]
    else throw notUnderstood
  }
  return { min, max }
}

const integers: { readonly [format: string]: NumberStructure['bounds'] | undefined } = {
  safeint: [],
  int32: [
    { operator: '>=', value: -(2 ** 31) },
    { operator: '<=', value: 2 ** 31 - 1 },
  ],
  uint32: [
    { operator: '>=', value: 0 },
    { operator: '<=', value: 2 ** 32 - 1 },
  ],
}

function readNumber(schema: ZodNode): NumberStructure {
  let integer: NumberStructure['integer'] = 'no'
  const bounds = checksOf(schema).flatMap(({ _zod: { def } }): NumberStructure['bounds'] => {
    const { check, inclusive, value, format } = def
    if (check === 'less_than') return [{ operator: inclusive === true ? '<=' : '<', value: finite(value) }]
    if (check === 'greater_than') return [{ operator: inclusive === true ? '>=' : '>', value: finite(value) }]
    const range = check === 'number_format' ? integers[String(format)] : undefined
    if (range === undefined) throw notUnderstood
    integer = 'safe'
    return range
  })
  return { kind: 'number', integer, bounds }
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw notUnderstood
  return value
}

function finite(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw notUnderstood
  return value
}

/** The checks of a schema; one made by a function like `z.email()` is a check itself. */
function checksOf(schema: ZodNode): readonly ZodNode[] {
  const { def, traits } = schema._zod
  const checks = listOf(def['checks'] ?? []).map((check) => {
    if (!isNode(check) || !isKnown(check)) throw notUnderstood
    return check
  })
  return traits.has('$ZodCheck') ? [schema, ...checks] : checks
}

import { isRecord } from '../../kernel/is-record.ts'
import { annotationKeywords, type JsonSchema } from '../schema.ts'
import { type Constant, type FieldStructure, type NumberStructure, type Structure } from './structure.ts'

/** The structure of a plain JSON Schema; undefined where it says anything that is not surely understood here. */
export function readJsonStructure(schema: JsonSchema): Structure | undefined {
  return structureOf(schema)
}

function structureOf(schema: unknown): Structure | undefined {
  if (!isRecord(schema)) return undefined
  const keywords = Object.keys(schema).filter((keyword) => !annotationKeywords.includes(keyword))
  const [only] = keywords
  if (keywords.length === 1 && only === 'const') return constants([schema['const']])
  if (keywords.length === 1 && only === 'enum') return constants(schema['enum'])
  if (keywords.length === 1 && only === 'anyOf') return nullable(schema['anyOf'])
  const read = typeof schema['type'] === 'string' ? typed[schema['type']] : undefined
  if (read === undefined || keywords.some((keyword) => keyword !== 'type' && !read.keywords.includes(keyword)))
    return undefined
  return read.structure(schema)
}

interface Read {
  /** What it understands besides `type`. */
  readonly keywords: readonly string[]
  structure(node: Record<string, unknown>): Structure | undefined
}

const operators = { minimum: '>=', maximum: '<=', exclusiveMinimum: '>', exclusiveMaximum: '<' } as const

function numberReader(integer: NumberStructure['integer']): Read {
  return {
    keywords: Object.keys(operators),
    structure: (node) => ({
      kind: 'number',
      integer,
      bounds: Object.entries(operators).flatMap(([keyword, operator]) =>
        typeof node[keyword] === 'number' ? [{ operator, value: node[keyword] }] : [],
      ),
    }),
  }
}

const typed: { readonly [type: string]: Read | undefined } = {
  string: {
    keywords: ['minLength', 'maxLength'],
    structure: (node) => ({ kind: 'text', ...between(node['minLength'], node['maxLength']), patterns: [] }),
  },
  number: numberReader('no'),
  integer: numberReader('yes'),
  boolean: { keywords: [], structure: () => ({ kind: 'boolean' }) },
  null: { keywords: [], structure: () => constants([null]) },
  array: {
    keywords: ['items', 'minItems', 'maxItems'],
    structure: (node) => {
      const of = structureOf(node['items'])
      return of && { kind: 'array', of, ...between(node['minItems'], node['maxItems']) }
    },
  },
  object: { keywords: ['properties', 'required', 'additionalProperties'], structure: objectOf },
}

function objectOf(node: Record<string, unknown>): Structure | undefined {
  const { properties, required = [], additionalProperties: others } = node
  if (!isRecord(properties) || (others !== undefined && others !== false)) return undefined
  if (!Array.isArray(required) || required.some((key) => !Object.hasOwn(properties, String(key)))) return undefined
  const fields: FieldStructure[] = []
  for (const [key, child] of Object.entries(properties)) {
    const of = structureOf(child)
    if (of === undefined || key === '__proto__') return undefined
    fields.push({ key, of, presence: required.includes(key) ? 'required' : 'omissible' })
  }
  // Others may be allowed: a value that has some is left to the validator.
  return { kind: 'object', fields, extras: 'refused' }
}

/** Of unions, only "this or null". */
function nullable(branches: unknown): Structure | undefined {
  if (!Array.isArray(branches) || branches.length !== 2) return undefined
  const [a, b] = branches.map(structureOf)
  const isNull = (one: Structure | undefined): boolean =>
    one?.kind === 'constants' && one.values.length === 1 && one.values[0] === null
  const of = isNull(a) ? b : isNull(b) ? a : undefined
  return of && { kind: 'nullable', of }
}

function constants(values: unknown): Structure | undefined {
  return Array.isArray(values) && values.every(isConstant) ? { kind: 'constants', values } : undefined
}

function isConstant(value: unknown): value is Constant {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}

function between(min: unknown, max: unknown): { readonly min: number; readonly max: number } {
  return { min: typeof min === 'number' ? min : 0, max: typeof max === 'number' ? max : Infinity }
}

import type { JsonType } from './json-type.ts'

/** True where two types are the same one: each may stand for the other, also as what a field is. */
type Same<A, B> = [{ of: A }] extends [{ of: B }] ? ([{ of: B }] extends [{ of: A }] ? true : false) : false
type Holds<T extends true> = T

const order = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    count: { type: ['integer', 'null'] },
    tags: { type: 'array', items: { type: 'string' } },
    state: { enum: ['open', 'paid'] },
    kind: { const: 'order' },
  },
  required: ['id', 'tags'],
  additionalProperties: false,
} as const
interface Order {
  id: string
  tags: string[]
  count?: number | null
  state?: 'open' | 'paid'
  kind?: 'order'
}

const node = {
  type: 'object',
  properties: { value: { $ref: '#/$defs/value' }, next: { $ref: '#' } },
  required: ['value'],
  $defs: { value: { type: 'boolean' } },
} as const

export type Proofs = [
  Holds<Same<JsonType<typeof order>, { [K in keyof Order]: Order[K] }>>,
  // What is said of all, of some, and of one.
  Holds<Same<JsonType<{ anyOf: [{ type: 'string' }, { type: 'number' }] }>, string | number>>,
  Holds<Same<JsonType<{ type: 'string'; anyOf: [{ minLength: 1 }, { pattern: 'a' }] }>, string>>,
  Holds<Same<JsonType<{ oneOf: [{ type: 'null' }, { const: 1 }] }>, null | 1>>,
  Holds<
    Same<
      JsonType<{
        allOf: [
          { type: 'object'; properties: { a: { type: 'string' } }; required: ['a'] },
          { type: 'object'; properties: { b: { type: 'null' } } },
        ]
      }>,
      { a: string; b?: null }
    >
  >,
  // Objects that are open, and fields of which nothing but the name is said.
  Holds<Same<JsonType<{ type: 'object'; additionalProperties: { type: 'number' } }>, { [name: string]: number }>>,
  Holds<
    Same<JsonType<{ type: 'object'; patternProperties: { '^a': { type: 'string' } } }>, { [name: string]: string }>
  >,
  Holds<Same<JsonType<{ type: 'object'; required: ['a'] }>, { a: unknown }>>,
  Holds<Same<JsonType<{ type: 'object' }>, object>>,
  // Lists: JSON Schema lets the ends of a prefix be missing.
  Holds<Same<JsonType<{ type: 'array' }>, unknown[]>>,
  Holds<Same<JsonType<{ prefixItems: [{ type: 'string' }]; type: 'array'; items: false }>, [string?]>>,
  Holds<
    Same<JsonType<{ prefixItems: [{ type: 'string' }]; type: 'array'; items: { type: 'null' } }>, [string?, ...null[]]>
  >,
  // References, also to the whole.
  Holds<Same<JsonType<typeof node>['value'], boolean>>,
  Holds<Same<NonNullable<NonNullable<JsonType<typeof node>['next']>['next']>['value'], boolean>>,
  Holds<Same<JsonType<{ $ref: 'https://elsewhere.example/schema' }>, unknown>>,
  // What is no literal, or says nothing of types.
  Holds<Same<JsonType<{ readonly [keyword: string]: unknown }>, unknown>>,
  Holds<Same<JsonType<{ not: { type: 'string' } }>, unknown>>,
  Holds<Same<JsonType<true>, unknown>>,
  Holds<Same<JsonType<{ type: 'array'; items: { type: 'string'; const: 'x' } }>, 'x'[]>>,
]

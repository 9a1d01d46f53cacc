/**
 * The type of the values that a JSON Schema (2020-12) allows, read from its literal: `type`, `const`, `enum`, `properties`,
 * `required`, `additionalProperties`, `patternProperties`, `items`, `prefixItems`, `anyOf`, `oneOf`, `allOf`, and `$ref`
 * within the document. What types cannot say (`not`, `if`, bounds, patterns) is left out; of a schema that is no literal
 * nothing is known. Every operation of every contract asks, so it takes few steps.
 *
 * `R` is the document that `$ref` looks into.
 */
export type JsonType<S, R = S> = S extends { readonly const: infer C }
  ? Writable<C>
  : S extends { readonly enum: readonly (infer E)[] }
    ? E
    : S extends { readonly $ref: infer P }
      ? JsonType<Referred<P, R>, R>
      : S extends { readonly allOf: readonly unknown[] } | { readonly anyOf: readonly unknown[] }
        ? Combined<S, R>
        : S extends { readonly oneOf: readonly unknown[] }
          ? Combined<S, R>
          : Single<S, R>

/** What stands beside `allOf`, `anyOf` and `oneOf` holds together with them. */
type Combined<S, R> = Flat<
  Single<S, R> &
    (S extends { readonly allOf: infer L } ? Every<L, R> : unknown) &
    (S extends { readonly anyOf: readonly (infer B)[] } ? Each<B, R> : unknown) &
    (S extends { readonly oneOf: readonly (infer B)[] } ? Each<B, R> : unknown)
>

type Every<L, R> = L extends readonly [infer First, ...infer Rest] ? JsonType<First, R> & Every<Rest, R> : unknown
/** Distributes: each branch by itself. */
type Each<B, R> = B extends unknown ? JsonType<B, R> : never

/** A schema of one piece; `true` allows everything, `false` nothing. */
type Single<S, R> = S extends { readonly type: infer T }
  ? T extends readonly (infer U)[]
    ? Typed<U, S, R>
    : Typed<T, S, R>
  : S extends { readonly properties: unknown } | { readonly required: readonly unknown[] }
    ? Fields<S, R>
    : S extends false
      ? never
      : unknown

/** Distributes over the names of types. */
type Typed<T, S, R> = T extends 'string'
  ? string
  : T extends 'number' | 'integer'
    ? number
    : T extends 'boolean'
      ? boolean
      : T extends 'null'
        ? null
        : T extends 'array'
          ? List<S, R>
          : T extends 'object'
            ? Fields<S, R>
            : unknown

type List<S, R> = S extends { readonly prefixItems: infer P extends readonly unknown[] }
  ? [...{ -readonly [I in keyof P]?: JsonType<P[I], R> }, ...Rest<S, R>]
  : Rest<S, R>

type Rest<S, R> = S extends { readonly items: infer I } ? (I extends false ? [] : JsonType<I, R>[]) : unknown[]

type Fields<S, R> = S extends { readonly properties: infer P }
  ? Open<S, R> extends infer O
    ? unknown extends O
      ? Named<P, Required<S>, R>
      : Flat<Named<P, Required<S>, R> & O>
    : never
  : unknown extends Open<S, R>
    ? [Required<S>] extends [never]
      ? object
      : { [K in Required<S>]: unknown }
    : Open<S, R>

type Named<P, Q, R> = Flat<
  { -readonly [K in keyof P as K extends Q ? K : never]: JsonType<P[K], R> } & {
    -readonly [K in keyof P as K extends Q ? never : K]?: JsonType<P[K], R>
  } & { [K in Q as K extends keyof P ? never : K & string]: unknown }
>

type Required<S> = S extends { readonly required: readonly (infer K extends string)[] } ? K : never

/** Fields that have no names; unknown where nothing is said of them. */
type Open<S, R> = (S extends { readonly additionalProperties: infer A }
  ? A extends false
    ? unknown
    : { [name: string]: JsonType<A, R> }
  : unknown) &
  (S extends { readonly patternProperties: infer P } ? { [name: string]: JsonType<P[keyof P], R> } : unknown)

type Referred<P, R> = P extends '#'
  ? R
  : P extends `#/$defs/${infer N}`
    ? R extends { readonly $defs: { readonly [K in N]: infer D } }
      ? D
      : unknown
    : unknown

type Writable<C> = C extends object ? { -readonly [K in keyof C]: Writable<C[K]> } : C
type Flat<T> = T extends object ? { [K in keyof T]: T[K] } : T

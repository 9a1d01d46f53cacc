import type { Schema } from '../schema/schema.ts'
import type { CompiledOperation } from './compiled.ts'
import type { Failures } from './failure.ts'

/** `METHOD /path/{parameter}`, as the gateway offers the operation. */
export type HttpRoute = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`

/** Where the gateway offers an operation that it exposes. As an object to set the success status (default 200). */
export type RouteDefinition = HttpRoute | { readonly route: HttpRoute; readonly status?: 200 | 201 | 202 }

/** What the gateway demands of a request: a verified identity, one if there is a token, or nothing. */
export type AuthRequirement = 'required' | 'optional' | 'none'

/** The parts that all kinds of operations share. */
export interface SharedDefinition<
  I extends Schema | undefined,
  E extends Failures,
  H extends RouteDefinition | undefined = RouteDefinition | undefined,
> {
  /** Undefined: no client outside can call it. */
  readonly http?: H
  /** Undefined: the operation takes no input. */
  readonly input: I
  /** Declared failures, by name. */
  readonly errors: E
  /** Default: `required` for commands and streams, `optional` for queries. */
  readonly auth?: AuthRequirement
  /** Time limit where the caller has no shorter one. Default: 10 000 ms; for streams none. */
  readonly timeoutMs?: number
  /** One line for people, in documents made from the contract. */
  readonly summary?: string
  readonly description?: string
  readonly deprecated?: boolean
}

export interface QueryDefinition<
  I extends Schema | undefined = Schema | undefined,
  O extends Schema | undefined = Schema | undefined,
  E extends Failures = Failures,
  H extends RouteDefinition | undefined = RouteDefinition | undefined,
> extends SharedDefinition<I, E, H> {
  readonly kind: 'query'
  readonly output: O
}

export interface CommandDefinition<
  I extends Schema | undefined = Schema | undefined,
  O extends Schema | undefined = Schema | undefined,
  E extends Failures = Failures,
  H extends RouteDefinition | undefined = RouteDefinition | undefined,
> extends SharedDefinition<I, E, H> {
  readonly kind: 'command'
  readonly output: O
}

export interface StreamDefinition<
  I extends Schema | undefined = Schema | undefined,
  O extends Schema | undefined = Schema | undefined,
  E extends Failures = Failures,
  Up extends Schema | undefined = Schema | undefined,
  Down extends Schema | undefined = Schema | undefined,
  H extends RouteDefinition | undefined = RouteDefinition | undefined,
> extends SharedDefinition<I, E, H> {
  readonly kind: 'stream'
  /** The single answer at the end, of a stream without `serverStream`. */
  readonly output: O
  /** Items from caller to service. */
  readonly clientStream: Up
  /** Items from service to caller. */
  readonly serverStream: Down
}

export type OperationDefinition = QueryDefinition | CommandDefinition | StreamDefinition

/** An operation of a contract: its definition, with the names it got there. */
export interface Operation<D extends OperationDefinition = OperationDefinition> {
  /** `service.operation`. */
  readonly id: string
  readonly service: string
  readonly name: string
  readonly definition: D
  /** Parsers, JSON Schemas, route and fingerprint, made once by `defineContract`. */
  readonly compiled: CompiledOperation
}

/** What the caller of `query`, `command` and `stream` writes: everything may be left out. */
export interface QueryOptions<
  I extends Schema | undefined,
  O extends Schema | undefined,
  E extends Failures,
  H extends RouteDefinition | undefined,
> extends Partial<SharedDefinition<I, E, H>> {
  readonly output?: O
}
export interface StreamOptions<
  I extends Schema | undefined,
  O extends Schema | undefined,
  E extends Failures,
  Up extends Schema | undefined,
  Down extends Schema | undefined,
  H extends RouteDefinition | undefined,
> extends QueryOptions<I, O, E, H> {
  readonly clientStream?: Up
  readonly serverStream?: Down
}

const absent = { input: undefined, output: undefined, errors: {} } as const

// `NoInfer`: within `defineContract` what is left out would else be inferred as anything that a contract may have there.

/**
 * An operation that changes nothing and may be repeated.
 *
 * @example
 * const get = query({ http: 'GET /orders/{id}', input: z.object({ id: z.string() }), output: z.object({ cents: z.int() }) })
 */
export function query<
  const I extends Schema | undefined = undefined,
  const O extends Schema | undefined = undefined,
  const E extends Failures = Record<never, never>,
  const H extends RouteDefinition | undefined = undefined,
>(options: QueryOptions<I, O, E, H>): QueryDefinition<NoInfer<I>, NoInfer<O>, NoInfer<E>, NoInfer<H>> {
  // What is left out is as in `absent`, and its type parameter undefined by default.
  return { ...absent, ...options, kind: 'query' } as QueryDefinition<I, O, E, H>
}

/**
 * An operation that changes state. It is repeated only when it surely has not run.
 *
 * @example
 * const place = command({
 *   http: { route: 'POST /orders', status: 201 },
 *   input: z.object({ sku: z.string() }),
 *   output: z.object({ id: z.string() }),
 *   errors: { outOfStock: failure('failed_precondition', z.object({ left: z.int() })) },
 * })
 */
export function command<
  const I extends Schema | undefined = undefined,
  const O extends Schema | undefined = undefined,
  const E extends Failures = Record<never, never>,
  const H extends RouteDefinition | undefined = undefined,
>(options: QueryOptions<I, O, E, H>): CommandDefinition<NoInfer<I>, NoInfer<O>, NoInfer<E>, NoInfer<H>> {
  // As above.
  return { ...absent, ...options, kind: 'command' } as CommandDefinition<I, O, E, H>
}

/**
 * An operation with a flow of items: from the service (`serverStream`), to it (`clientStream`), or both. Items travel
 * only as fast as the reader takes them.
 *
 * @example
 * const watch = stream({ input: z.object({ id: z.string() }), serverStream: z.object({ status: z.string() }) })
 * const upload = stream({ clientStream: z.object({ line: z.string() }), output: z.int() })
 */
export function stream<
  const I extends Schema | undefined = undefined,
  const O extends Schema | undefined = undefined,
  const E extends Failures = Record<never, never>,
  const Up extends Schema | undefined = undefined,
  const Down extends Schema | undefined = undefined,
  const H extends RouteDefinition | undefined = undefined,
>(
  options: StreamOptions<I, O, E, Up, Down, H>,
): StreamDefinition<NoInfer<I>, NoInfer<O>, NoInfer<E>, NoInfer<Up>, NoInfer<Down>, NoInfer<H>> {
  const unset = { ...absent, clientStream: undefined, serverStream: undefined }
  // As above.
  return { ...unset, ...options, kind: 'stream' } as StreamDefinition<I, O, E, Up, Down, H>
}

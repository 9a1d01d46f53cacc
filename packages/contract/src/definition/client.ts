import type { CallContext, CallOptions } from '../kernel/call.ts'
import type { InputOf, OutputOf } from '../schema/schema.ts'
import type { Contract } from './contract.ts'
import type { OperationDefinition } from './operation.ts'

/** Items that a caller or handler offers: a stream of them, or a plain list. */
export type Items<T> = AsyncIterable<T> | Iterable<T>

// Every operation of every client and service asks these: they look at as little as they can, and compare no schema with another.
type In<S, Absent> = S extends undefined ? Absent : InputOf<S>
type Out<S, Absent> = S extends undefined ? Absent : OutputOf<S>

/** The arguments of a client's method before the options: the input may be left out where every field may. */
type InputArguments<S> = S extends undefined
  ? [input?: undefined]
  : Record<never, never> extends InputOf<S>
    ? [input?: InputOf<S>]
    : [input: InputOf<S>]

/** One method of a {@link Client}; `Options` is what it takes last. */
export type ClientMethod<D extends OperationDefinition, Options = CallOptions> = D['kind'] extends 'stream'
  ? StreamMethod<D, Options>
  : (...args: [...InputArguments<D['input']>, options?: Options]) => Promise<Out<D['output'], void>>

type StreamMethod<D, Options> =
  D extends StreamParts<infer I, infer O, infer Up, infer Down>
    ? Up extends undefined
      ? (...args: [...InputArguments<I>, options?: Options]) => Answer<Down, O>
      : (input: In<I, undefined>, items: Items<In<Up, never>>, options?: Options) => Answer<Down, O>
    : never

type Answer<Down, O> = Down extends undefined ? Promise<Out<O, void>> : AsyncIterable<OutputOf<Down>>

interface StreamParts<I, O, Up, Down> {
  readonly input: I
  readonly output: O
  readonly clientStream: Up
  readonly serverStream: Down
}

/** A typed client of a contract: one method per operation, the same wherever the service runs. */
export type Client<C extends Contract> = {
  readonly [K in keyof C['operations']]: ClientMethod<C['operations'][K]['definition']>
}

type MaybePromise<T> = T | Promise<T>

/** The implementation of one operation. `Ctx` is what the runtime hands to it. */
export type Handler<D extends OperationDefinition, Ctx = CallContext> = D['kind'] extends 'stream'
  ? StreamHandler<D, Ctx>
  : (input: Out<D['input'], undefined>, ctx: Ctx) => MaybePromise<In<D['output'], void>>

type StreamHandler<D, Ctx> =
  D extends StreamParts<infer I, infer O, infer Up, infer Down>
    ? Up extends undefined
      ? (input: Out<I, undefined>, ctx: Ctx) => Result<Down, O>
      : (input: Out<I, undefined>, ctx: Ctx, items: AsyncIterable<OutputOf<Up>>) => Result<Down, O>
    : never

type Result<Down, O> = Down extends undefined ? MaybePromise<In<O, void>> : Items<InputOf<Down>>

/** The implementation of all operations of a contract. */
export type Handlers<C extends Contract, Ctx = CallContext> = {
  readonly [K in keyof C['operations']]: Handler<C['operations'][K]['definition'], Ctx>
}

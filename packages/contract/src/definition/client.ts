import type { CallContext, CallOptions } from '../kernel/call.ts'
import type { InputOf, OutputOf, Schema } from '../schema/schema.ts'
import type { Contract } from './contract.ts'
import type { Operation, OperationDefinition, StreamDefinition } from './operation.ts'

/** Items that a caller or handler offers: a stream of them, or a plain list. */
export type Items<T> = AsyncIterable<T> | Iterable<T>

type Has<S> = S extends Schema ? true : false
type In<S, Absent> = S extends Schema ? InputOf<S> : Absent
type Out<S, Absent> = S extends Schema ? OutputOf<S> : Absent

type Field<D, K extends string> = K extends keyof D ? D[K] : undefined
type Input<D> = Field<D, 'input'>
type Output<D> = Field<D, 'output'>
type Up<D> = D extends StreamDefinition ? Field<D, 'clientStream'> : undefined
type Down<D> = D extends StreamDefinition ? Field<D, 'serverStream'> : undefined

/** The arguments of a client's method before the options: the input may be left out where every field may. */
type InputArguments<S> = S extends Schema
  ? Record<never, never> extends InputOf<S>
    ? [input?: InputOf<S>]
    : [input: InputOf<S>]
  : [input?: undefined]

/** One method of a {@link Client}; `Options` is what it takes last. */
export type ClientMethod<D extends OperationDefinition, Options = CallOptions> =
  Has<Up<D>> extends true
    ? (
        input: In<Input<D>, undefined>,
        items: Items<In<Up<D>, never>>,
        options?: Options,
      ) => Has<Down<D>> extends true ? AsyncIterable<Out<Down<D>, never>> : Promise<Out<Output<D>, void>>
    : (
        ...args: [...InputArguments<Input<D>>, options?: Options]
      ) => Has<Down<D>> extends true ? AsyncIterable<Out<Down<D>, never>> : Promise<Out<Output<D>, void>>

/** A typed client of a contract: one method per operation, the same wherever the service runs. */
export type Client<C extends Contract> = {
  readonly [K in keyof C['operations']]: C['operations'][K] extends Operation<infer D> ? ClientMethod<D> : never
}

type MaybePromise<T> = T | Promise<T>

/** The implementation of one operation. `Ctx` is what the runtime hands to it. */
export type Handler<D extends OperationDefinition, Ctx = CallContext> =
  Has<Up<D>> extends true
    ? (
        input: Out<Input<D>, undefined>,
        ctx: Ctx,
        items: AsyncIterable<Out<Up<D>, never>>,
      ) => Has<Down<D>> extends true ? Items<In<Down<D>, never>> : MaybePromise<In<Output<D>, void>>
    : (
        input: Out<Input<D>, undefined>,
        ctx: Ctx,
      ) => Has<Down<D>> extends true ? Items<In<Down<D>, never>> : MaybePromise<In<Output<D>, void>>

/** The implementation of all operations of a contract. */
export type Handlers<C extends Contract, Ctx = CallContext> = {
  readonly [K in keyof C['operations']]: C['operations'][K] extends Operation<infer D> ? Handler<D, Ctx> : never
}

import type { ClientMethod, Contract, Operation, OperationDefinition } from '@holon/contract'

import type { RequestOptions } from './client-options.ts'

/** The names of the operations that HTTP carries: those with a route, which take no items. */
type RoutedName<Ops> = {
  [K in keyof Ops]: Ops[K] extends Operation<infer D> ? (IsRouted<D> extends true ? K : never) : never
}[keyof Ops]

type IsRouted<D extends OperationDefinition> = [D['http']] extends [undefined]
  ? false
  : D extends { readonly clientStream: infer Up }
    ? undefined extends Up
      ? true
      : false
    : true

/**
 * A typed client of a contract over HTTP: one method for each operation that has a route. The methods are those of the
 * client that services have, and take {@link RequestOptions} last.
 */
export type HttpClient<C extends Contract> = {
  readonly [K in RoutedName<C['operations']>]: C['operations'][K] extends Operation<infer D>
    ? ClientMethod<D, RequestOptions>
    : never
}

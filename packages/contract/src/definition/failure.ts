import type { Code } from '../kernel/code.ts'
import { isServiceError, ServiceError } from '../kernel/error.ts'
import type { InputOf, OutputOf, Schema } from '../schema/schema.ts'
import type { Operation } from './operation.ts'

/** A failure that an operation declares: callers can narrow on it and read its data. */
export interface Failure<S extends Schema | undefined = Schema | undefined> {
  readonly code: Code
  readonly data: S
  readonly description?: string
}

/** The failures of an operation, by name. */
export type Failures = { readonly [name: string]: Failure }

/**
 * Declares a failure: the code it carries and, optionally, the schema of its data.
 *
 * @example
 * const errors = { outOfStock: failure('failed_precondition', z.object({ sku: z.string() })) }
 */
export function failure<const S extends Schema | undefined = undefined>(
  code: Code,
  data?: S,
  description?: string,
): Failure<S> {
  // Left out, S is undefined too, by its default.
  return { code, data: data as S, ...(description !== undefined && { description }) }
}

type FailuresOf<Op> =
  Op extends Operation<infer D>
    ? D extends { readonly errors: infer E extends Failures }
      ? E
      : Record<never, Failure>
    : never
type FailureName<Op> = keyof FailuresOf<Op> & string
type FailureData<Op, Name extends FailureName<Op>, Side extends 'input' | 'output'> =
  FailuresOf<Op>[Name] extends Failure<infer S>
    ? S extends Schema
      ? Side extends 'input'
        ? InputOf<S>
        : OutputOf<S>
      : undefined
    : never

/**
 * Makes a declared failure, to be thrown by the operation's handler. Its data is checked by the contract when it
 * leaves the service.
 *
 * @example
 * throw fail(inventory.operations.reserve, 'outOfStock', { sku: 'p-1' })
 */
export function fail<Op extends Operation, Name extends FailureName<Op>>(
  operation: Op,
  name: Name,
  ...rest: FailureData<Op, Name, 'input'> extends undefined
    ? [data?: undefined, message?: string]
    : [data: FailureData<Op, Name, 'input'>, message?: string]
): ServiceError {
  const { errors } = operation.definition
  const declared = Object.hasOwn(errors, name) ? errors[name] : undefined
  const [data, message] = rest
  if (declared === undefined) throw new TypeError(`${operation.id} declares no failure '${name}'.`)
  return new ServiceError(declared.code, message ?? declared.description ?? `${operation.id} failed: ${name}.`, {
    failure: { name, data, origin: operation.id },
  })
}

/**
 * Whether `error` is the failure `name` that `operation` declares; narrows `error.failure.data` to its type.
 *
 * @example
 * if (isFailure(error, inventory.operations.reserve, 'outOfStock')) ctx.log.info(error.failure.data.sku)
 */
export function isFailure<Op extends Operation, Name extends FailureName<Op>>(
  error: unknown,
  operation: Op,
  name: Name,
): error is ServiceError & {
  readonly failure: { readonly name: Name; readonly data: FailureData<Op, Name, 'output'>; readonly origin: string }
} {
  return isServiceError(error) && error.failure?.name === name && error.failure.origin === operation.id
}

import { type Operation, ServiceError } from '@holon/contract'

/** No contract can declare a failure of this name. */
const name = '~items'

/**
 * What a handler gets where the source of the caller's items failed, after all items before: the same in every
 * placement, however far ahead of the handler the source was read. A handler that does not catch it fails with it, and
 * then its caller gets what its source threw.
 */
export function itemsFailure(operation: Operation): ServiceError {
  return new ServiceError('cancelled', `The items sent to ${operation.id} ended with an error of their source.`, {
    failure: { name, data: undefined, origin: operation.id },
  })
}

/** Whether a call of `operation` failed because of the source of the caller's items. */
export function isItemsFailure({ failure }: ServiceError, operation: Operation): boolean {
  return failure?.name === name && failure.origin === operation.id
}

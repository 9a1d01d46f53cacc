import {
  copyPlain,
  type Identity,
  isInstance,
  type Operation,
  type ServiceError,
  travelIssue,
  unsure,
  Untravelable,
} from '@holon/contract'

import { JsonText } from '../wire/json-text.ts'
import { refusedToTravel } from './checked-values.ts'
import { frozenIdentity } from './frozen-identity.ts'
import type { CallOrigin } from './invoker.ts'

/** Unsure also where a getter or a proxy throws: it is refused by what asks more closely. */
export function checkedCopy({ compiled }: Operation, given: unknown): unknown {
  const structural = compiled.input?.structural
  if (structural === undefined) return unsure
  try {
    return structural.copyTravelling(given)
  } catch {
    return unsure
  }
}

/** An input that can travel: itself, or a copy of it. */
export function takenInput({ id }: Operation, given: unknown, copies: boolean): unknown {
  if (isInstance(given, JsonText)) return given
  if (copies) return unlessUntravelable(`The input of ${id}`, () => copyPlain(given))
  const issue = travelIssue(given)
  return issue ? refusedToTravel(`The input of ${id}`, issue) : given
}

/** Who acts, as a frozen copy; nothing but data may say it. */
export function takenIdentity(origin: CallOrigin | undefined): Identity | ServiceError | undefined {
  const identity = origin?.identity
  return identity && unlessUntravelable('The identity of the call', () => frozenIdentity(identity))
}

function unlessUntravelable<T>(what: string, take: () => T): T | ServiceError {
  try {
    return take()
  } catch (error) {
    if (isInstance(error, Untravelable)) return refusedToTravel(what, error.issue)
    throw error
  }
}

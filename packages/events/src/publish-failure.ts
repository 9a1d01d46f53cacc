import { isServiceError, ServiceError } from '@holon/contract'

import type { BusMessage } from './bus.ts'

const none: ReadonlySet<string> = new Set()

/**
 * Why `publish` rejected, and what it has stored all the same. With the code `invalid_argument` at least one of the other
 * messages can never be stored as it is; with any other code publishing them again may succeed.
 */
export class PublishFailure extends ServiceError {
  /** Ids of messages that are durable, and keep the order of their key when only the others are published again. */
  readonly stored: ReadonlySet<string>

  constructor(reason: ServiceError, stored: ReadonlySet<string>) {
    super(reason.code, reason.message, { cause: reason.cause, mayHaveRun: reason.mayHaveRun })
    this.stored = stored
  }
}

/** Ids of messages that need not be published again after `publish` has rejected with `error`. */
export function storedDespite(error: unknown): ReadonlySet<string> {
  return isServiceError(error) && 'stored' in error && error.stored instanceof Set ? error.stored : none
}

/** Whether publishing the same messages again is useless: one of them can never be stored as it is. */
export function isRefusal(error: unknown): error is ServiceError {
  return isServiceError(error) && error.code === 'invalid_argument'
}

/**
 * What `publish` rejects with; undefined when everything is stored. `failureOf` says why a message is not. One that is refused
 * for good does not hold up those after it; one that has failed does, in the order of its key.
 */
export function toPublishFailure(
  messages: readonly BusMessage[],
  failureOf: (message: BusMessage, index: number) => ServiceError | undefined,
): PublishFailure | undefined {
  const stored = new Set<string>()
  const stuck = new Set<string>()
  let refusal: ServiceError | undefined
  let failure: ServiceError | undefined
  for (const [index, message] of messages.entries()) {
    const { id, topic, key } = message
    const reason = failureOf(message, index)
    if (reason === undefined) {
      if (!stuck.has(`${topic} ${key}`)) stored.add(id)
    } else if (isRefusal(reason)) refusal ??= reason
    else {
      stuck.add(`${topic} ${key}`)
      failure ??= reason
    }
  }
  const reason = failure ?? refusal
  return reason && new PublishFailure(reason, stored)
}

import { causesOf, codeOf, headlineOf, isInstance } from '@holon/contract'
import { type DeadLetter, type DeadLetterError, outboxSubscription, type StoredRecord } from '@holon/data'

import type { BusMessage } from './bus.ts'
import { toEnvelope } from './envelope.ts'
import { Crash, Mismatch } from './received-event.ts'

const deepestCause = 10
const longestMessage = 2_000

/** What happened to a message before it was given up. */
export interface Failure {
  readonly error: unknown
  readonly attempts: number
  readonly firstFailedAtMs: number
  readonly lastFailedAtMs: number
}

export interface LetterParts {
  readonly id: string
  readonly subscription: string
  readonly message: BusMessage
  readonly failure: Failure
}

export function toDeadLetter({ id, subscription, message, failure }: LetterParts): DeadLetter {
  const { error, ...when } = failure
  return {
    id,
    subscription,
    messageId: message.id,
    topic: message.topic,
    key: message.key,
    envelope: toEnvelope(message),
    reason: reasonOf(error),
    error: toLetterError(error),
    ...when,
  }
}

function reasonOf(error: unknown): DeadLetter['reason'] {
  if (isInstance(error, Mismatch)) return 'mismatch'
  return isInstance(error, Crash) ? 'crashed' : 'failed'
}

/** Of a record that the bus has refused for good. */
export function toRefusedLetter(
  { id: messageId, topic, key, envelope }: StoredRecord,
  { id, error, atMs }: { readonly id: string; readonly error: unknown; readonly atMs: number },
): DeadLetter {
  return {
    id,
    subscription: outboxSubscription,
    messageId,
    topic,
    key,
    envelope,
    reason: 'unpublishable',
    error: toLetterError(error),
    attempts: 1,
    firstFailedAtMs: atMs,
    lastFailedAtMs: atMs,
  }
}

function toLetterError(error: unknown): DeadLetterError {
  return {
    code: codeOf(error),
    message: headlineOf(error, longestMessage),
    causes: causesOf(error, deepestCause, longestMessage),
  }
}

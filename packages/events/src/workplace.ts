import type { CountedTries, DeadLetter } from '@holon/data'

import type { BusMessage } from './bus.ts'
import type { EventInfo } from './received-event.ts'

/** One try of one message. */
export interface Attempt {
  readonly message: BusMessage
  /** As the subscriber's contract has it. */
  readonly data: unknown
  readonly info: EventInfo
  /** The message was taken away, or the consumer is closing: the effect must not be committed any more. */
  readonly signal: AbortSignal
  /** It was counted in {@link Workplace.tries}: what commits the effect forgets that. */
  readonly counted: boolean
  /** To be told how long the handler took, without what is done once for all that commit together. */
  readonly took: (ms: number) => void
}

/** How a try ended that did not fail. `duplicate`: its effect had been committed before. */
export type Applied = 'applied' | 'duplicate'

/** What a consumer needs of the service that it works for. */
export interface Workplace {
  /**
   * Runs the handler; resolves when its effect and the receipt are committed. Rejects with {@link NotRun} when the
   * handler was not even called, because the store does not answer: that is no failure of the message.
   */
  apply(attempt: Attempt): Promise<Applied>
  /**
   * Like `apply` for several messages in one transaction, one handler after the other: the cheap way where handlers are
   * quick. What fails for one is undone for all, and all are tried alone then. Undefined where nothing is gained by it.
   */
  readonly applyTogether?: ((attempts: readonly Attempt[]) => Promise<readonly Applied[]>) | undefined
  /** Keeps a dead letter, durably, and its receipt with it. Forgets its tries. */
  bury(letter: DeadLetter): Promise<void>
  readonly tries: TryCount
}

/** Counts tries where the end of this process does not forget them. Only for messages that may have ended one. */
export interface TryCount {
  /**
   * What all members have counted before `sinceMs` on the monotonic clock. `received`: the message is done with.
   * `tries: undefined`: none.
   */
  look(
    messageId: string,
    sinceMs: number,
  ): Promise<{ readonly received: boolean; readonly tries: CountedTries | undefined }>
  /** Resolves when it is kept that one more has begun. */
  begin(messageId: string): Promise<void>
  /** The one begun last has failed. */
  fail(messageId: string): Promise<void>
  /** The one begun last was given up, and does not count. */
  takeBack(messageId: string): Promise<void>
  /** There is nothing to try. */
  remove(messageId: string): Promise<void>
  /** The message is `received` from now on, though nothing was tried. */
  discard(messageId: string): Promise<void>
}

/** The handler could not be called. Does not count as a try. */
export class NotRun extends Error {
  override readonly name: string = 'NotRun'
}

/** What became of a try. */
export interface Outcome {
  readonly message: BusMessage
  readonly attempt: number
  readonly durationMs: number
  /** `not-run`: the store does not answer; tried again until it does. */
  readonly outcome: Applied | 'skipped' | 'failed' | 'dead' | 'not-run'
  readonly error: unknown
}

import type { ServiceError } from '@holon/contract'

import type { Codec } from '../codec/codec.ts'

/** One call over the link, as the frames that concern it see it. The first of response, error or end is the last. */
export interface Exchange {
  /** How answers are encoded; set when the call is sent. */
  answerCodec: Codec | undefined
  /** Whether the answer is wanted as JSON text. */
  readonly json: boolean
  /** Whether the peer holds the same contract, so that what it sends has been checked; set when the call is sent. */
  agrees: boolean
  onResponse(value: unknown): void
  onError(error: ServiceError): void
  /** `bytes`: how large it was on the way. */
  onItem(value: unknown, bytes: number): void
  onEnd(): void
  onCredit(count: number): void
}

/** Takes the frames of a call that was given up, until its last one. */
export const abandoned: Exchange = {
  answerCodec: undefined,
  json: false,
  agrees: false,
  onResponse: () => {},
  onError: () => {},
  onItem: () => {},
  onEnd: () => {},
  onCredit: () => {},
}

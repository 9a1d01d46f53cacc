import type { Observer, Platform } from '@holon/contract'
import type { Invoker, TraceIds } from '@holon/rpc'

import type { SendAnswer } from './answers.ts'
import type { Authenticator } from './authenticator.ts'
import type { RawAnswer } from './raw-answer.ts'
import type { RunningCalls } from './running-calls.ts'

/** What the parts of one gateway share. */
export interface Edge {
  /** The app's name. */
  readonly app: string
  readonly invoker: Invoker
  readonly platform: Platform
  readonly observer: Observer
  readonly authenticate: Authenticator
  readonly traceIds: TraceIds
  readonly answerRaw: RawAnswer
  readonly answer: SendAnswer
  /** What is given up when its connection closes. */
  readonly running: RunningCalls
  /** Deadline of calls whose operation has no shorter one. */
  readonly callTimeoutMs: number
  /** The event streams that are open, by what ends them; `lasting` ones have no deadline of their own. */
  readonly streams: Map<AbortController, { readonly lasting: boolean }>
}

/** A path as the router and the file system read it; as it is where it is no percent-encoded UTF-8. */
export function decodedPath(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

import type { BusMessage, SubscribeOptions } from '../bus.ts'
import type { Loan } from './hub.ts'

/** What travels to a member of a subscription; see `busContract`. */
export interface Batch {
  readonly epoch: number
  readonly loans: Loan[]
}

/** What travels back. */
export interface Acks {
  readonly epoch: number
  readonly sequences: number[]
}

export type PublishInput = { readonly messages: readonly BusMessage[] }
export type SubscribeInput = Required<SubscribeOptions>
export type PauseInput = { readonly subscription: string; readonly paused: boolean }
export type RewindInput = { readonly subscription: string; readonly timeMs?: number }
export type NamedInput = { readonly subscription: string }

import { isRecord } from '@holon/contract'

import type { BusMessage, SubscribeOptions } from '../bus.ts'
import type { Loan } from './hub.ts'

/** How much data of events one message of a link has, unless a single one is larger; links refuse 128 MiB. */
export const charactersPerCall = 16_000_000

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

export function isPublishInput(value: unknown): value is PublishInput {
  return isRecord(value) && Array.isArray(value['messages']) && value['messages'].every(isMessage)
}

export function isBatch(value: unknown): value is Batch {
  return (
    isRecord(value) && Number.isInteger(value['epoch']) && Array.isArray(value['loans']) && value['loans'].every(isLoan)
  )
}

export function isAcks(value: unknown): value is Acks {
  if (!isRecord(value) || !Number.isInteger(value['epoch'])) return false
  return Array.isArray(value['sequences']) && value['sequences'].every(Number.isInteger)
}

function isLoan(value: unknown): boolean {
  if (!isRecord(value)) return false
  return Number.isInteger(value['sequence']) && typeof value['redelivered'] === 'boolean' && isMessage(value['message'])
}

function isMessage(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { id, topic, key, attributes, body, timeMs } = value
  const texts =
    typeof id === 'string' && typeof topic === 'string' && typeof key === 'string' && typeof body === 'string'
  if (!texts || typeof timeMs !== 'number' || !isRecord(attributes)) return false
  for (const name in attributes) if (typeof attributes[name] !== 'string') return false
  return true
}

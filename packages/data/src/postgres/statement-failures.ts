import { inTime, type Platform } from '@holon/contract'

import { storeFailure } from '../store-failures.ts'
import type { StoreHealth } from '../store-health.ts'
import { describeFailure, postgresFailure } from './postgres-failure.ts'

/** What becomes of the statements of a store that fail. */
export interface StatementFailures {
  /** The error for the handler. */
  explain(error: unknown, context: StatementContext): unknown
  /** Whether the connection is of no more use after it. */
  isLost(error: unknown): boolean
  /** A statement was executed. `command` is the server's word for it. */
  succeeded(command: string): void
  /** Rejects when the server has not answered in time. */
  inTime<T>(answer: Promise<T>): Promise<T>
}

export interface StatementContext {
  /** If the answer is lost, nobody knows whether the statement, or the transaction with it, took effect. */
  readonly unsure: boolean
  /** In a transaction that was to read only. */
  readonly readOnly: boolean
}

const changes: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

/** What {@link statementFailures} needs. */
export interface StatementFailuresOptions {
  readonly service: string
  readonly platform: Platform
  readonly health: StoreHealth
  /** 0: never. */
  readonly silentAfterMs: number
}

export function statementFailures(options: StatementFailuresOptions): StatementFailures {
  const { service, health, platform, silentAfterMs } = options
  // As pg does it for statements that are no cursors, and with its words.
  const silence = { platform, timeoutMs: silentAfterMs, timeoutError: () => new Error('Query read timeout') }
  return {
    explain(error, { unsure, readOnly }) {
      const kind = postgresFailure(error)
      // Who has asked for a transaction that only reads has made a mistake when it writes.
      if (kind === undefined || (kind === 'readOnly' && readOnly)) return error
      const failure = storeFailure(service, kind, { ...describeFailure(error), unsure: unsure && kind === 'lost' })
      health.failed(kind, failure)
      return failure
    },
    isLost: (error) => postgresFailure(error) === 'lost',
    succeeded(command) {
      if (health.isIll && changes.has(command)) health.changed()
    },
    inTime: (answer) => (silentAfterMs > 0 ? inTime(silence, answer) : answer),
  }
}

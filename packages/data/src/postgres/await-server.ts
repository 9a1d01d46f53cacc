import { type Backoff, backoffMs, delay } from '@holon/contract'
import { type QueryExecutorProvider, sql } from 'kysely'

import { unreachableYet } from '../store-errors.ts'
import type { OpenStoreOptions } from '../store.ts'

/** Somebody may be waiting for the start, and does not know for what. */
const tellAfterMs = 2_000

/** Not the whole message, which may say where the database is. */
function reasonOf({ cause }: Error): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'it does not answer'
}

const looking: Backoff = { firstMs: 20, longestMs: 1_000 }

/** Services and databases start together in no order, so a server that is not there yet is not an error yet. */
export async function awaitServer(
  kysely: QueryExecutorProvider,
  { service, platform, signal, onError }: OpenStoreOptions,
  timeoutMs: number,
): Promise<void> {
  const startMs = platform.monotonicMs()
  const giveUpAt = startMs + timeoutMs
  let isTold = false
  for (let failures = 1; ; failures += 1) {
    const pauseMs = backoffMs(platform, failures, looking)
    try {
      await sql`select 1`.execute(kysely, { signal })
      return
    } catch (error) {
      const nowMs = platform.monotonicMs()
      if (!mayPass(error) || nowMs + pauseMs > giveUpAt) throw error
      if (!isTold && nowMs - startMs > tellAfterMs) {
        isTold = true
        onError(unreachableYet(service, { reason: reasonOf(error), timeoutMs }))
      }
    }
    await delay(platform, pauseMs, signal)
  }
}

/** 57P03: the server is starting or recovering; 53300: it has no connection to spare. */
const passing: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT'],
  ...['57P03', '53300'],
])

function mayPass(error: unknown): error is Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined
  if (!cause) return false
  // It was not answered in time, of which pg's pool makes an error without a code.
  if (!('code' in cause)) return /timeout/.test(cause.message)
  return passing.has(String(cause.code))
}

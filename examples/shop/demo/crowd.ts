import pLimit from 'p-limit'

import { type Outcome, visit } from './customer.ts'
import { createRandom } from './random.ts'
import type { Traffic } from './shop-api.ts'

export interface CrowdOptions {
  readonly url: string
  readonly customers: number
  /** How many are in the shop at the same time. */
  readonly concurrency: number
  readonly seed: number
  readonly signal: AbortSignal
  /** Told after each visit how many have ended, and how many orders are paid. */
  readonly onProgress?: (visits: number, paid: number) => void
}

/** How the visits went. */
export interface CrowdReport {
  readonly outcomes: Readonly<Record<Outcome, number>>
  /** What went wrong for customers who could not finish their visit. */
  readonly failures: readonly string[]
  readonly requests: number
  readonly retries: number
  readonly seconds: number
}

/** Lets customers visit the shop. */
export async function sendCrowd(options: CrowdOptions): Promise<CrowdReport> {
  const { url, customers, concurrency, seed, signal, onProgress } = options
  const traffic: Traffic = { url, signal, counts: { requests: 0, retries: 0 } }
  const outcomes = { paid: 0, declined: 0, 'sold out': 0, 'left without buying': 0 }
  const failures: string[] = []
  const began = performance.now()
  let visits = 0
  const inTheShop = pLimit(concurrency)
  // The same seed shops the same; the accounts are new each time.
  const run = Date.now().toString(36)
  await Promise.all(
    Array.from({ length: customers }, (_, n) =>
      inTheShop(async () => {
        signal.throwIfAborted()
        const email = `customer-${n + 1}.${run}@demo.example`
        try {
          outcomes[await visit({ traffic, random: createRandom(seed * 1_000_003 + n), email })] += 1
        } catch (error) {
          failures.push(`${email}: ${describeError(error)}`)
        }
        onProgress?.((visits += 1), outcomes.paid)
      }),
    ),
  )
  return { outcomes, failures, ...traffic.counts, seconds: (performance.now() - began) / 1_000 }
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}

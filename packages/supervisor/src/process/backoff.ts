import type { Platform } from '@holon/contract'

const firstMs = 100
const longestMs = 15_000

/**
 * How long to wait before start number `attempt` (from 1) after as many failures in a row: doubling, up to 15 s. The
 * jitter (±25 %) keeps processes that died together from coming back together.
 */
export function backoffMs(attempt: number, platform: Pick<Platform, 'random'>): number {
  const full = Math.min(longestMs, firstMs * 2 ** (attempt - 1))
  return Math.round(full * (0.75 + platform.random() / 2))
}

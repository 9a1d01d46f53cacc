import { auditBooks } from '@shop/app/demo/audit.ts'
import { readBooks } from '@shop/app/demo/books.ts'
import { sendCrowd } from '@shop/app/demo/crowd.ts'
import { expect, test } from 'vitest'

import { eventually } from '../support/holon-process.ts'
import { type RunningShop, startShop } from '../support/running-shop.ts'

const victims = [
  'inventory',
  'payments',
  'orders',
  'shipping',
  'notifications',
  'holon-bus',
  'cart',
  'catalog',
  'accounts',
  'web',
  'gateway',
  'payment-provider',
]

/** Resolves to true once every process runs. */
async function isWhole(shop: RunningShop): Promise<true | undefined> {
  const { groups, processes } = await shop.status()
  const all = [...groups.flatMap(({ instances }) => instances), ...processes]
  return all.every(({ state }) => state === 'ready') ? true : undefined
}

/** Kills one after another, each when all others run again. */
async function killEach(shop: RunningShop, waiting: string[]): Promise<void> {
  for (const victim of [...waiting]) {
    await eventually(() => isWhole(shop), 60_000)
    await shop.kill(victim)
    waiting.shift()
  }
}

test('whichever process is killed with SIGKILL while customers shop, it comes back, and the books agree', async () => {
  const shop = await startShop('split')
  const given = new AbortController()
  try {
    const waiting = [...victims]
    const killing = killEach(shop, waiting)
    killing.catch(() => waiting.splice(0)) // the crowds below end, and it is awaited there
    let paid = 0
    for (let seed = 1; waiting.length > 0; seed += 1) {
      const crowd = await sendCrowd({ url: shop.url, customers: 20, concurrency: 10, seed, signal: given.signal })
      expect(crowd.failures).toEqual([])
      paid += crowd.outcomes.paid
    }
    await killing
    expect(paid).toBeGreaterThan(10)
    await eventually(() => isWhole(shop), 60_000)
    const broken = async (): Promise<readonly string[]> =>
      auditBooks(await readBooks({ data: shop.data })).flatMap((finding) => finding.broken)
    await expect.poll(broken, { timeout: 90_000, interval: 1_000 }).toEqual([])
    const { groups, processes } = await shop.status()
    const restarts = [...groups.flatMap(({ instances }) => instances), ...processes].map((one) => one.restarts)
    expect(restarts.every((count) => count >= 1)).toBe(true)
  } finally {
    given.abort()
    await shop.stop()
  }
}, 300_000)

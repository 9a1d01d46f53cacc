import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { type RunningShop, type ShopPlacement, startShop } from '../../support/running-shop.ts'
import { type Api, createApi } from '../../support/shop-client.ts'
import { describeAccounts } from './accounts.ts'
import { describeBadInput } from './bad-input.ts'
import { describeBooks } from './books.ts'
import { describeBrowsing } from './browsing.ts'
import { describeBuying } from './buying.ts'
import { describeFulfilment } from './fulfilment.ts'
import { describeRush } from './rush.ts'
import { describeStorefront } from './storefront.ts'

/** What the parts of the suite are about: one shop that runs while all of them do. */
export interface ShopUnderTest {
  shop(): RunningShop
  api(): Api
}

/** The whole suite of the shop's public API, the same wherever its services run. */
export function describeShopApi(placement: ShopPlacement): void {
  describe(`the shop, ${placement}`, () => {
    let running: RunningShop | undefined
    beforeAll(async () => {
      running = await startShop(placement, { SHIPPING_STEP_MS: '800' })
      // Inventory tells the catalog of all stock when it first starts.
      await vi.waitFor(() => isStocked(createApi(running?.url ?? '')), { timeout: 20_000 })
    })
    afterAll(() => running?.stop())
    const shop = (): RunningShop => {
      if (running === undefined) throw new Error('The shop does not run.')
      return running
    }
    const underTest: ShopUnderTest = { shop, api: () => createApi(shop().url) }

    test('runs where it was told to', async () => {
      const { groups } = await shop().status()
      const services = [
        'accounts',
        'cart',
        'catalog',
        'gateway',
        'inventory',
        'notifications',
        'orders',
        'payments',
        'shipping',
        'web',
      ]
      const together = services.join(' ')
      const placed = groups.map((group) =>
        group.services
          .map(({ name }) => name)
          .toSorted()
          .join(' '),
      )
      expect(new Set(placed)).toEqual(new Set(placement === 'one process' ? [together] : [...services, 'holon-bus']))
      const addresses = groups.map(({ instances }) => instances[0]?.address ?? '')
      for (const address of addresses) expect(address.startsWith('unix:')).toBe(placement !== 'split over TCP')
    })

    describeAccounts(underTest)
    describeBrowsing(underTest)
    describeBuying(underTest)
    describeFulfilment(underTest)
    describeRush(underTest)
    describeStorefront(underTest)
    describeBadInput(underTest)
    describeBooks(underTest)
  })
}

async function isStocked(api: Api): Promise<void> {
  const { items } = (await api('GET /products?limit=100&sort=newest')).body as { items: { stock: number | null }[] }
  const last = await api('GET /products/p-0327')
  if (items.some(({ stock }) => stock === null) || (last.body as { stock?: number | null }).stock === null)
    throw new Error('Some stock is unknown.')
}

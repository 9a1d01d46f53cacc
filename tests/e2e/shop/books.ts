import { auditBooks } from '@shop/app/demo/audit.ts'
import { type Books, readBooks } from '@shop/app/demo/books.ts'
import { describe, expect, test } from 'vitest'

import type { ShopUnderTest } from './shop-api.ts'

export function describeBooks({ shop }: ShopUnderTest): void {
  describe('the books', () => {
    test('of all services agree in the end', async () => {
      let books = undefined as Books | undefined
      const broken = async (): Promise<readonly string[]> => {
        books = await readBooks({ data: shop().data })
        return auditBooks(books).flatMap((finding) => finding.broken)
      }
      await expect.poll(broken, { timeout: 100_000, interval: 1_000 }).toEqual([])
      if (books === undefined) throw new Error('The books were not read.')
      const { orders, charges, parcels, mails } = books
      expect(orders.filter(({ status }) => status !== 'cancelled').length).toBeGreaterThan(10)
      for (const book of [charges, parcels, mails]) expect(book.length).toBeGreaterThan(10)
    })
  })
}

import { Parser } from '@asyncapi/parser'
import { defineContract, event } from '@holon/contract'
import { expect, it } from 'vitest'
import { z } from 'zod'

import { toAsyncApi } from './async-api.ts'

const orders = defineContract('orders', {
  events: {
    placed: event({
      key: 'orderId',
      description: 'An order was placed.',
      data: z.object({ orderId: z.string(), lines: z.array(z.object({ sku: z.string(), quantity: z.int().min(1) })) }),
    }),
    cancelled: event({ data: { type: 'object', properties: { reason: { type: 'string' } }, required: ['reason'] } }),
  },
})
const stock = defineContract('stock', {
  events: { changed: event({ key: 'sku', data: z.object({ sku: z.string() }) }) },
})

it("the document is valid AsyncAPI in the eyes of the project's own parser", async () => {
  const document = toAsyncApi([orders, stock], { title: 'Shop', version: '1.2.3', description: 'Events of the shop' })
  const { document: parsed, diagnostics } = await new Parser().parse(JSON.stringify(document))
  // Recommendations (a licence, servers) are not ours to give.
  expect(errorsAmong(diagnostics)).toEqual([])
  expect(parsed?.version()).toBe('3.1.0')
  expect(
    parsed
      ?.channels()
      .all()
      .map((channel) => channel.address()),
  ).toEqual(['orders.placed', 'orders.cancelled', 'stock.changed'])
  const [message] = parsed?.messages().all() ?? []
  expect(message?.summary()).toBe('An order was placed.')
  expect(message?.payload()?.properties()?.['orderId']?.type()).toBe('string')
})

it('what is no AsyncAPI is seen by that parser', async () => {
  const document = {
    ...toAsyncApi([orders], { title: 'Shop', version: '1' }),
    channels: { orders_placed: { address: 1 } },
  }
  const { diagnostics } = await new Parser().parse(JSON.stringify(document))
  expect(errorsAmong(diagnostics)).not.toEqual([])
})

function errorsAmong(
  diagnostics: readonly { readonly severity: number; readonly message: string }[],
): readonly string[] {
  return diagnostics.filter(({ severity }) => severity === 0).map(({ message }) => message)
}

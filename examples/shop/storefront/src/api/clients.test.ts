import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

import { onTestFinished, expect, test } from 'vitest'

import { createMockApi } from '../../dev/mock-api.ts'
import { createShopClients, type ShopClients, type ShopClientsOptions } from './clients.ts'

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  // What a server that listens on a port has.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
}

const clientsOf = (baseUrl: string, options: Partial<ShopClientsOptions> = {}): ShopClients =>
  createShopClients({ baseUrl, token: () => null, onExpired: () => {}, ...options })

const refusing: RequestListener = (_, response) => response.writeHead(401).end()

test('a visitor signs up, fills a cart, orders, and a repeated key gives the same order', async () => {
  let token: string | null = null
  const shop = clientsOf(await listen(createMockApi().server), { token: () => token })
  await shop.accounts.signUp({ email: 'ada@example.com', password: 'long enough', name: 'Ada' })
  token = (await shop.accounts.signIn({ email: 'ada@example.com', password: 'long enough' })).token
  await shop.cart.setItem({ productId: 'p-0001', quantity: 2 })
  expect((await shop.cart.get()).items[0]?.quantity).toBe(2)
  const order = await shop.orders.place({ paymentMethod: 'card' }, { idempotencyKey: 'key-1' })
  expect(order.status).toBe('pending')
  expect((await shop.orders.place({ paymentMethod: 'card' }, { idempotencyKey: 'key-1' })).id).toBe(order.id)
  expect((await shop.orders.list()).items).toHaveLength(1)
  for await (const step of shop.orders.follow({ id: order.id })) {
    expect(step.status).toBe('pending')
    break
  }
})

test('pages follow the cursor to the end without repeating a product', async () => {
  const { catalog } = clientsOf(await listen(createMockApi().server))
  const seen = new Set<string>()
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: Awaited<ReturnType<typeof catalog.list>> = await catalog.list({ category: 'garden', limit: 10, cursor })
    for (const { id } of page.items) seen.add(id)
    cursor = page.nextCursor
  }
  expect(seen.size).toBe(27)
})

test('an expired token is reported once with the token that was refused', async () => {
  const expired: string[] = []
  const url = await listen(createServer(refusing))
  const shop = clientsOf(url, { token: () => 'old', onExpired: (token) => expired.push(token) })
  await expect(shop.cart.get()).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(expired).toEqual(['old'])
})

test('a wrong password is no expired session', async () => {
  const expired: string[] = []
  const url = await listen(createServer(refusing))
  const shop = clientsOf(url, { token: () => 'valid', onExpired: (token) => expired.push(token) })
  await expect(shop.accounts.signIn({ email: 'a@example.com', password: 'wrong' })).rejects.toMatchObject({
    status: 401,
  })
  expect(expired).toEqual([])
})

import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

import { onTestFinished, expect, test } from 'vitest'

import { createMockApi } from '../../dev/mock-api.ts'
import { createClient, type ClientOptions } from './client.ts'
import { Problem } from './problem.ts'

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const clientOf = (baseUrl: string, options: Partial<ClientOptions> = {}) =>
  createClient({ baseUrl, token: () => null, ...options })

const answering = async (listener: RequestListener, options: Partial<ClientOptions> = {}) =>
  clientOf(await listen(createServer(listener)), options)

async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof Problem)) throw new Error(`expected a Problem, got ${String(error)}`)
  return error
}

test('a visitor signs up, fills a cart, orders, and a repeated key gives the same order', async () => {
  let token: string | null = null
  const client = clientOf(await listen(createMockApi().server), { token: () => token })
  await client.signUp({ email: 'ada@example.com', password: 'long enough', name: 'Ada' })
  token = (await client.signIn({ email: 'ada@example.com', password: 'long enough' })).token
  await client.setCartItem('p-0001', 2)
  expect((await client.cart()).items[0]?.quantity).toBe(2)
  const order = await client.placeOrder('card', 'key-1')
  expect(order.status).toBe('pending')
  expect((await client.placeOrder('card', 'key-1')).id).toBe(order.id)
  expect((await client.orders(undefined)).items).toHaveLength(1)
})

test('pages follow the cursor to the end without repeating a product', async () => {
  const client = clientOf(await listen(createMockApi().server))
  const seen = new Set<string>()
  let cursor: string | undefined
  do {
    const page = await client.products({ category: 'garden', limit: 10, cursor })
    for (const { id } of page.items) seen.add(id)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  expect(seen.size).toBe(27)
})

test('a problem document gives its detail to the visitor', async () => {
  const client = await answering((_, response) => {
    response.writeHead(409, { 'content-type': 'application/problem+json' })
    response.end(
      JSON.stringify({ type: 'urn:out-of-stock', title: 'Out of stock', detail: 'Only 2 kettles are left.' }),
    )
  })
  const problem = await problemOf(client.home())
  expect(problem).toMatchObject({ status: 409, kind: 'refused', type: 'urn:out-of-stock' })
  expect(problem.detail).toBe('Only 2 kettles are left.')
})

test('an error page of a proxy becomes a sentence, not a parse error', async () => {
  const client = await answering((_, response) => response.writeHead(503).end('<html>Bad gateway</html>'))
  const problem = await problemOf(client.home())
  expect(problem.kind).toBe('unavailable')
  expect(problem.detail).toContain('try again')
})

test('an expired token is reported once with the token that was refused', async () => {
  const refused: string[] = []
  const client = await answering((_, response) => response.writeHead(401).end(), {
    token: () => 'old',
    onExpired: (token) => refused.push(token),
  })
  expect((await problemOf(client.cart())).kind).toBe('sign-in')
  expect(refused).toEqual(['old'])
})

test('a wrong password is no expired session', async () => {
  const refused: string[] = []
  const client = await answering((_, response) => response.writeHead(401).end(), {
    token: () => 'valid',
    onExpired: (token) => refused.push(token),
  })
  await problemOf(client.signIn({ email: 'a@example.com', password: 'wrong' }))
  expect(refused).toEqual([])
})

test('a shop that never answers is given up after the timeout', async () => {
  const client = await answering(() => {}, { timeoutMs: 50 })
  const problem = await problemOf(client.home())
  expect(problem).toMatchObject({ status: 0, kind: 'unavailable' })
})

test('a command that answers without a body succeeds', async () => {
  const client = await answering((_, response) => response.writeHead(204).end())
  await expect(client.removeCartItem('p-0001')).resolves.toBeUndefined()
})

test('ids are escaped in addresses', async () => {
  const paths: (string | undefined)[] = []
  const client = await answering((request, response) => {
    paths.push(request.url)
    response.end('{}')
  })
  await client.productPage('../orders?x=1')
  expect(paths).toEqual(['/api/pages/product/..%2Forders%3Fx%3D1'])
})

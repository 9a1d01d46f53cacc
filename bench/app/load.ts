// Customers at a fixed rate: node app/load.ts <port of the edge> <cells of the app…>
import { once } from 'node:events'
import { isDeepStrictEqual } from 'node:util'

import { openLoop, type Timed } from '../harness/open-loop.ts'
import { directCalls } from './glue.ts'
import { createHandlers } from './handlers.ts'
import { type HttpAnswer, HttpClient } from './http-client.ts'
import type { Calls, Cart, Order, Product } from './operations.ts'

export interface LoadTask {
  readonly cell: 'home' | 'checkout'
  readonly ratePerS: number
  /** So many customers first, a few at a time and as fast as it goes, so that all that runs often is compiled. */
  readonly warmUpCustomers: number
  readonly warmUpMs: number
  readonly windowMs: number
  readonly spin: boolean
}

const client = new HttpClient(Number(process.argv[2]))

/** The parsed answer of a request; throws when it is no success. */
function read({ status, text }: HttpAnswer): unknown {
  if (status !== 200 && status !== 201) throw new Error(`an answer with ${status}: ${text.slice(0, 300)}`)
  return JSON.parse(text)
}

const ask = async (...request: Parameters<HttpClient['ask']>): Promise<unknown> => read(await client.ask(...request))

const words = ['kettle', 'lamp', 'chair', 'bag', 'set']

/** What the n-th customer buys, and under which account. */
function errand(n: number): { readonly accountId: string; readonly productId: string; readonly query: string } {
  const productId = `p-${String(1 + (n % 300)).padStart(4, '0')}`
  return { accountId: `acc-${n}`, productId, query: words[n % words.length] ?? '' }
}

async function visitHome(_n: number, timed: Timed, due: number): Promise<void> {
  const { featured } = read(await timed(() => client.ask('GET', '/api/home'), due)) as { featured: Product[] }
  if (featured.length !== 8) throw new Error(`${featured.length} featured products`)
}

/** What is done with an answer comes after its time was taken. */
async function checkOut(n: number, timed: Timed, due: number): Promise<void> {
  const { accountId, productId, query } = errand(n)
  const request = async (...given: Parameters<HttpClient['ask']>): Promise<unknown> =>
    read(await timed(() => client.ask(...given)))
  await visitHome(n, timed, due)
  await request('GET', `/api/search?query=${query}`)
  const { product } = (await request('GET', `/api/pages/product/${productId}`)) as { product: Product }
  if (product.id !== productId) throw new Error(`${product.id} instead of ${productId}`)
  const cart = (await request('PUT', `/api/cart/${accountId}/items/${productId}`, { quantity: 2 })) as Cart
  if (cart.items.length !== 1 || cart.items[0]?.quantity !== 2)
    throw new Error(`a wrong cart: ${JSON.stringify(cart.items)}`)
  const { status, items } = (await request('POST', '/api/orders', { accountId, paymentMethod: 'card' })) as Order
  if (status !== 'paid' || items[0]?.productId !== productId) throw new Error(`a wrong order: ${status}`)
}

function same(what: string, got: unknown, wanted: unknown): void {
  const plain: unknown = JSON.parse(JSON.stringify(wanted))
  if (!isDeepStrictEqual(got, plain)) {
    throw new Error(
      `wrong ${what}:\n${JSON.stringify(got).slice(0, 400)}\ninstead of\n${JSON.stringify(plain).slice(0, 400)}`,
    )
  }
}

/** Compares every kind of answer with that of the handlers called as functions. */
async function verify(calls: Calls, onlyHome: boolean): Promise<void> {
  same('home', await ask('GET', '/api/home'), await calls.web.home({}))
  if (onlyHome) return
  for (let n = 0; n < 5; n++) {
    const { accountId, productId, query } = { ...errand(n), accountId: `check-${n}` }
    same('search', await ask('GET', `/api/search?query=${query}`), await calls.web.search({ query }))
    const page = await calls.web.productPage({ id: productId })
    same('product page', await ask('GET', `/api/pages/product/${productId}`), page)
    const cart = await calls.cart.setItem({ accountId, productId, quantity: 2 })
    same('cart', await ask('PUT', `/api/cart/${accountId}/items/${productId}`, { quantity: 2 }), cart)
    const strip = ({ createdAt: _at, ...order }: Order): object => order
    const order = (await ask('POST', '/api/orders', { accountId, paymentMethod: 'card' })) as Order
    same('order', strip(order), strip(await calls.orders.place({ accountId, paymentMethod: 'card' })))
  }
}

async function warmUp({ cell, warmUpCustomers }: LoadTask): Promise<void> {
  let n = 1_000_000 // Accounts of their own.
  const untimed: Timed = (request) => request()
  const customer = async (): Promise<void> => {
    while (n++ < 1_000_000 + warmUpCustomers) await (cell === 'home' ? visitHome : checkOut)(n, untimed, 0)
  }
  await Promise.all(Array.from({ length: 4 }, () => customer()))
}

async function onEdge(edge: 'begin' | 'end'): Promise<void> {
  process.send?.({ edge })
  await once(process, 'message')
}

process.on('disconnect', () => process.exit(0))
try {
  await verify(directCalls(createHandlers()), !process.argv.includes('checkout'))
  process.send?.({ ready: true })
  for (;;) {
    const [task] = (await once(process, 'message')) as [LoadTask]
    await warmUp(task)
    const result = await openLoop(task.cell === 'home' ? visitHome : checkOut, { ...task, onEdge })
    process.send?.({ result })
  }
} catch (error) {
  process.send?.({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
}

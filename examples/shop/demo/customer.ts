import type { Random } from './random.ts'
import { type Answer, send, type ShopRequest, type Traffic } from './shop-api.ts'

/** How a visit ended. */
export type Outcome = 'paid' | 'declined' | 'sold out' | 'left without buying'

interface Product {
  readonly id: string
  readonly name: string
  readonly stock: number | null
}

interface Order {
  readonly id: string
  readonly status: string
  readonly totalCents: number
  readonly items: readonly { readonly lineCents: number }[]
}

interface Problem {
  readonly type?: string
  readonly detail?: string
}

export interface Visit {
  readonly traffic: Traffic
  readonly random: Random
  /** Nobody else's. */
  readonly email: string
}

type Ask = <Body = unknown>(request: ShopRequest) => Promise<Answer<Body>>

/** One customer's visit from the front page to the order, through the public API alone. */
export async function visit({ traffic, random, email }: Visit): Promise<Outcome> {
  const anonymous: Ask = (request) => send(traffic, request)
  const seen = await browse(anonymous, random)
  const token = await signUpAndIn(anonymous, email)
  const ask: Ask = (request) => send(traffic, request, token)
  expectStatus(await ask({ path: '/me' }), 200, 'GET /me')
  await fillCart(ask, random, seen)
  if (random.chance(0.08)) return 'left without buying'
  return checkOut(ask, random, email)
}

async function browse(ask: Ask, random: Random): Promise<Product[]> {
  const home = await ask<{ featured: Product[]; categories: { id: string }[] }>({ path: '/home' })
  expectStatus(home, 200, 'GET /home')
  const category = random.pick(home.body.categories).id
  const first = await listProducts(ask, { category, limit: '12' })
  const second =
    first.nextCursor === null ? undefined : await listProducts(ask, { category, limit: '12', cursor: first.nextCursor })
  const seen = [...home.body.featured, ...first.items, ...(second?.items ?? [])]
  const word = random.pick(random.pick(seen).name.split(' '))
  const found = await listProducts(ask, { query: word, limit: '12' })
  seen.push(...found.items)
  const page = await ask({ path: `/pages/product/${random.pick(seen).id}` })
  expectStatus(page, 200, 'GET /pages/product')
  return seen
}

async function listProducts(
  ask: Ask,
  filter: Record<string, string>,
): Promise<{ items: Product[]; nextCursor: string | null }> {
  const path = `/products?${new URLSearchParams(filter).toString()}`
  const page = await ask<{ items: Product[]; nextCursor: string | null }>({ path })
  expectStatus(page, 200, `GET ${path}`)
  return page.body
}

async function signUpAndIn(ask: Ask, email: string): Promise<string> {
  const password = `demo ${email}`
  const body = { email, password, name: 'Demo Customer' }
  const signedUp = await ask({ method: 'POST', path: '/accounts', body })
  // 409: the answer to an earlier attempt was lost, but the account was made.
  if (signedUp.status !== 409) expectStatus(signedUp, 201, 'POST /accounts')
  const signedIn = await ask<{ token: string }>({ method: 'POST', path: '/sign-in', body: { email, password } })
  expectStatus(signedIn, 200, 'POST /sign-in')
  return signedIn.body.token
}

async function fillCart(ask: Ask, random: Random, seen: readonly Product[]): Promise<void> {
  const wanted = new Set(Array.from({ length: random.between(1, 4) }, () => random.pick(seen).id))
  for (const id of wanted) await putIntoCart(ask, id, random.between(1, 3))
  const [first] = wanted
  if (first === undefined || wanted.size === 1 || !random.chance(0.2)) return
  expectStatus(await ask({ method: 'DELETE', path: `/cart/items/${first}` }), 200, 'DELETE /cart/items')
}

async function putIntoCart(ask: Ask, id: string, quantity: number): Promise<void> {
  expectStatus(await ask({ method: 'PUT', path: `/cart/items/${id}`, body: { quantity } }), 200, 'PUT /cart/items')
}

async function checkOut(ask: Ask, random: Random, email: string): Promise<Outcome> {
  let paymentMethod = random.chance(0.08) ? 'card-declined' : random.pick(['card', 'card', 'card', 'invoice'])
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const answer = await ask<Order & Problem>({
      method: 'POST',
      path: '/orders',
      body: { paymentMethod },
      idempotencyKey: `${email} ${attempt}`,
    })
    if (answer.status === 201) return checkOrder(ask, answer.body)
    expectStatus(answer, 409, 'POST /orders')
    if (paymentMethod === 'card-declined' && random.chance(0.5)) return 'declined'
    if (paymentMethod === 'card-declined') paymentMethod = 'card'
    else await takeLess(ask)
    const cart = await ask<{ items: unknown[] }>({ path: '/cart' })
    if (cart.body.items.length === 0) return 'sold out'
  }
  return 'sold out'
}

/** Somebody was faster: the cart is brought down to what there is. */
async function takeLess(ask: Ask): Promise<void> {
  const cart = await ask<{ items: { productId: string; quantity: number; stock: number | null }[] }>({ path: '/cart' })
  for (const { productId, quantity, stock } of cart.body.items) {
    if (stock === null || stock >= quantity) continue
    if (stock > 0) await putIntoCart(ask, productId, stock)
    else expectStatus(await ask({ method: 'DELETE', path: `/cart/items/${productId}` }), 200, 'DELETE /cart/items')
  }
}

async function checkOrder(ask: Ask, placed: Order): Promise<Outcome> {
  const sum = placed.items.reduce((sum, { lineCents }) => sum + lineCents, 0)
  if (placed.status !== 'paid' || sum !== placed.totalCents)
    throw new Error(`The shop answered with a wrong order: ${JSON.stringify(placed)}`)
  const own = await ask<{ items: Order[] }>({ path: '/orders?limit=10' })
  expectStatus(own, 200, 'GET /orders')
  if (!own.body.items.some(({ id, status }) => id === placed.id && isBought(status)))
    throw new Error(`Order ${placed.id} is not among its customer's paid orders.`)
  return 'paid'
}

/** It may have been packed since, and more. */
function isBought(status: string): boolean {
  return status !== 'pending' && status !== 'cancelled'
}

function expectStatus({ status, body }: Answer, expected: number, what: string): void {
  if (status !== expected) throw new Error(`${what} answered ${status}, not ${expected}: ${JSON.stringify(body)}`)
}

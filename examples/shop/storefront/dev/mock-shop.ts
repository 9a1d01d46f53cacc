import { randomUUID } from 'node:crypto'

import { type Code, codes } from 'holon'

import type {
  Cart,
  Category,
  FrontPage,
  Mail,
  Order,
  OrderStatus,
  OrderStep,
  Product,
  ProductPage,
} from '../src/api/answers.ts'
import { loadCatalogue, type Catalogue } from './catalogue.ts'

interface Page<Item> {
  items: Item[]
  nextCursor: string | null
}

/** A refusal that the API reports as a problem document. */
export class Refusal extends Error {
  readonly status: number
  readonly code: Code
  /** The failure that the operation declares. */
  readonly failure: string | undefined

  constructor(code: Code, detail: string, failure?: string) {
    super(detail)
    this.status = codes[code].http
    this.code = code
    this.failure = failure
  }
}

interface Customer {
  id: string
  email: string
  name: string
  password: string
  cart: Map<string, number>
  orders: Order[]
  placed: Map<string, Order>
}

export type MockShop = ReturnType<typeof createMockShop>

// How an order moves on, in milliseconds after it was placed.
const afterMs: readonly [OrderStatus, number][] = [
  ['pending', 0],
  ['paid', 2_500],
  ['packed', 5_000],
  ['shipped', 8_000],
  ['delivered', 12_000],
]

export function createMockShop() {
  const catalogue = loadCatalogue()
  const state: State = { catalogue, customers: new Map(), tokens: new Map(), missing: new Set() }
  return {
    /** Answers of the API that fail, keyed by `METHOD /path`. */
    faults: new Map<string, Refusal>(),
    missing: state.missing,
    tokens: state.tokens,
    setStock: (id: string, stock: number): void => void (productOf(state, id).stock = stock),
    emptyCarts: (): void => {
      for (const customer of state.customers.values()) customer.cart.clear()
    },
    home: () => home(state),
    categories: (): Category[] => catalogue.categories,
    product: (id?: string): Product => productOf(state, id),
    search: (search: URLSearchParams) => pageOf(matching(state, search), search),
    productPage: (id?: string) => productPage(state, productOf(state, id)),
    signUp: (body: Record<string, unknown>) => signUp(state, body),
    signIn: (body: Record<string, unknown>) => signIn(state, body),
    me: (token: string | null) => {
      const { id, email, name } = customerOf(state, token)
      return { id, email, name }
    },
    cart: (token: string | null) => toCart(state, customerOf(state, token)),
    setItem: (token: string | null, id: string | undefined, quantity: number) =>
      setItem(state, customerOf(state, token), productOf(state, id), quantity),
    placeOrder: (token: string | null, method: string, key: string | null) =>
      placeOrder(state, customerOf(state, token), method, key),
    orders: (token: string | null, search: URLSearchParams) =>
      pageOf(customerOf(state, token).orders.map(progressed), search),
    order: (token: string | null, id?: string): Order => progressed(orderOf(state, token, id)),
    orderSteps: (token: string | null, id?: string): OrderStep[] => stepsOf(orderOf(state, token, id)),
    mails: (token: string | null, search: URLSearchParams) => pageOf(mailsOf(customerOf(state, token)), search),
    /** Makes all orders so old. */
    showOrdersAfter: (ms: number): void => {
      for (const order of [...state.customers.values()].flatMap((customer) => customer.orders))
        order.createdAt = new Date(Date.now() - ms).toISOString()
    },
  }
}

interface State {
  catalogue: Catalogue
  customers: Map<string, Customer>
  tokens: Map<string, Customer>
  /** Parts of pages that fail: `reviews`, `recommendations`, `related`. */
  missing: Set<string>
}

function home({ catalogue, missing }: State): FrontPage {
  const { products, reviews, categories, newest } = catalogue
  const named = reviews.filter((review, index) => review.rating >= 4 && index % 29 === 3).slice(0, 6)
  return {
    featured: products.slice(0, 8),
    categories,
    newArrivals: newest.slice(0, 8),
    recommendations: missing.has('recommendations') ? null : products.slice(40, 48),
    reviews: missing.has('reviews')
      ? null
      : named.map((review) => ({
          ...review,
          productName: products.find((p) => p.id === review.productId)?.name ?? '',
        })),
  }
}

function productPage({ catalogue, missing }: State, product: Product): ProductPage {
  const reviews = catalogue.reviews.filter((review) => review.productId === product.id)
  const related = catalogue.products.filter((other) => other.category === product.category && other.id !== product.id)
  const average = reviews.reduce((sum, review) => sum + review.rating, 0) / reviews.length
  return {
    product,
    related: missing.has('related') ? null : related.slice(0, 4),
    reviews: missing.has('reviews') ? null : reviews,
    averageRating: missing.has('reviews') || reviews.length === 0 ? null : average,
  }
}

function matching({ catalogue }: State, search: URLSearchParams): Product[] {
  const query = (search.get('query') ?? '').toLowerCase()
  const category = search.get('category')
  return catalogue.products.filter(
    (product) =>
      (!category || product.category === category) &&
      `${product.name} ${product.description}`.toLowerCase().includes(query),
  )
}

function pageOf<Item>(items: Item[], search: URLSearchParams): Page<Item> {
  const start = Number(search.get('cursor') ?? 0)
  const end = start + Number(search.get('limit') ?? 20)
  return { items: items.slice(start, end), nextCursor: end < items.length ? String(end) : null }
}

function productOf({ catalogue }: State, id: string | undefined): Product {
  const product = catalogue.products.find((candidate) => candidate.id === id)
  if (!product) throw new Refusal('not_found', `There is no product ${id}.`)
  return product
}

function customerOf({ tokens }: State, token: string | null): Customer {
  const customer = token === null ? undefined : tokens.get(token)
  if (!customer) throw new Refusal('unauthenticated', 'Your session has ended. Please sign in again.')
  return customer
}

function orderOf(state: State, token: string | null, id: string | undefined): Order {
  const order = customerOf(state, token).orders.find((candidate) => candidate.id === id)
  if (!order) throw new Refusal('not_found', 'You have no such order.')
  return order
}

function signUp({ customers }: State, body: Record<string, unknown>): { id: string } {
  const email = String(body['email']).toLowerCase()
  if (customers.has(email)) throw new Refusal('already_exists', 'There is already an account with this email.')
  const customer = { id: randomUUID(), email, name: String(body['name']), password: String(body['password']) }
  customers.set(email, { ...customer, cart: new Map(), orders: [], placed: new Map() })
  return { id: customer.id }
}

function signIn({ customers, tokens }: State, body: Record<string, unknown>): string {
  const customer = customers.get(String(body['email']).toLowerCase())
  if (customer?.password !== body['password'] || !customer) {
    throw new Refusal('unauthenticated', 'Email or password is not right.')
  }
  const token = randomUUID()
  tokens.set(token, customer)
  return token
}

function setItem(state: State, customer: Customer, product: Product, quantity: number): Cart {
  if (quantity > (product.stock ?? 0)) {
    throw new Refusal('failed_precondition', `Only ${product.stock} of “${product.name}” are left.`)
  }
  if (quantity > 0) customer.cart.set(product.id, quantity)
  else customer.cart.delete(product.id)
  return toCart(state, customer)
}

function toCart(state: State, customer: Customer): Cart {
  const items = [...customer.cart].map(([productId, quantity]) => {
    const { name, imageUrl, stock, price } = productOf(state, productId)
    const lineCents = quantity * price.amountCents
    return { productId, name, imageUrl, quantity, unitCents: price.amountCents, lineCents, stock }
  })
  return { items, totalCents: items.reduce((sum, line) => sum + line.lineCents, 0), currency: 'EUR' }
}

function placeOrder(state: State, customer: Customer, method: string, key: string | null): Order {
  const known = key === null ? undefined : customer.placed.get(key)
  if (known) return progressed(known)
  const cart = toCart(state, customer)
  const short = cart.items.find((line) => line.quantity > (line.stock ?? 0))
  if (short)
    throw new Refusal('failed_precondition', `“${short.name}” is sold out: only ${short.stock} left.`, 'outOfStock')
  if (method === 'card-declined') {
    const detail = 'The card was declined by the bank. Please choose another way to pay.'
    throw new Refusal('failed_precondition', detail, 'paymentDeclined')
  }
  for (const line of cart.items) {
    const product = productOf(state, line.productId)
    product.stock = (product.stock ?? 0) - line.quantity
  }
  const items = cart.items.map(({ stock: _, ...line }) => line)
  const order: Order = { ...cart, id: randomUUID(), status: 'pending', items, createdAt: new Date().toISOString() }
  customer.orders.unshift(order)
  if (key !== null) customer.placed.set(key, order)
  customer.cart.clear()
  return order
}

function progressed(order: Order): Order {
  return { ...order, status: stepsOf(order).at(-1)?.status ?? 'pending' }
}

/** The steps that an order has taken by now. */
function stepsOf({ id, createdAt }: Order): OrderStep[] {
  const placedMs = Date.parse(createdAt)
  const trackingCode = `HP-${id.slice(0, 10).toUpperCase()}`
  return afterMs
    .map(([status, ms]): OrderStep => {
      const hasParcel = ms >= 5_000
      return { status, at: new Date(placedMs + ms).toISOString(), trackingCode: hasParcel ? trackingCode : null }
    })
    .filter(({ at }) => Date.parse(at) <= Date.now())
}

function mailsOf({ email, name, orders }: Customer): Mail[] {
  const about = (order: Order, kind: 'confirmation' | 'shipped', sentAt: string): Mail => {
    const number = order.id.slice(-8).toUpperCase()
    const subject = kind === 'shipped' ? `Order ${number} is on its way` : `Your order ${number}`
    const text = kind === 'shipped' ? 'Your parcel has left the house.' : 'Thank you for your order.'
    return { id: `${kind}-${order.id}`, kind, to: email, subject, body: greet(name, text), orderId: order.id, sentAt }
  }
  const mails = orders.flatMap((order) =>
    stepsOf(order).flatMap(({ status, at }) => {
      if (status === 'shipped') return [about(order, 'shipped', at)]
      return status === 'paid' ? [about(order, 'confirmation', at)] : []
    }),
  )
  const welcome = { id: 'welcome', kind: 'welcome', to: email, subject: 'Welcome to the shop', orderId: null } as const
  return [
    ...mails.toReversed(),
    { ...welcome, body: greet(name, 'Your account is ready.'), sentAt: '2026-01-05T09:00:00Z' },
  ]
}

function greet(name: string, text: string): string {
  return `Hello ${name},\n\n${text}`
}

// The operations of the shop in memory: seven services, the same for every variant. Only Zod here, nothing of Holon: the
// peers must not carry what they do not use.
import { z } from 'zod'

const Id = z.string().min(1).max(64)
const Count = z.int().min(0)
const Cents = z.int().min(0).max(1_000_000_000)
const Limit = z.int().min(1).max(50)
const Quantity = z.int().min(1).max(99)
const none = z.object({})

const Price = z.object({ currency: z.literal('EUR'), amountCents: Cents })
/** A product as the catalog knows it: how many there are is inventory's business. */
const Item = z.object({
  id: Id,
  name: z.string(),
  description: z.string(),
  category: Id,
  price: Price,
  imageUrl: z.string(),
})
const Product = z.object({ ...Item.shape, stock: Count })
const Category = z.object({ id: Id, name: z.string(), description: z.string(), imageUrl: z.string(), count: Count })
const Review = z.object({
  productId: Id,
  productName: z.string(),
  author: z.string(),
  rating: z.int().min(1).max(5),
  text: z.string(),
  createdAt: z.iso.datetime(),
})
const Line = z.object({ productId: Id, quantity: Quantity })
const CartItem = z.object({
  productId: Id,
  name: z.string(),
  imageUrl: z.string(),
  quantity: Quantity,
  unitCents: Cents,
  lineCents: Cents,
})
const Cart = z.object({ items: z.array(CartItem), totalCents: Cents, currency: z.literal('EUR') })
const Order = z.object({
  id: Id,
  status: z.enum(['pending', 'paid', 'cancelled']),
  items: z.array(CartItem),
  totalCents: Cents,
  currency: z.literal('EUR'),
  createdAt: z.iso.datetime(),
})
const Reservation = z.object({ orderId: Id, status: z.enum(['held', 'committed']), lines: z.array(Line) })
const Payment = z.object({ orderId: Id, status: z.enum(['captured', 'declined']), amountCents: Cents })
const PaymentMethod = z.enum(['card', 'invoice'])

const items = z.object({ items: z.array(Item) })
const reviews = z.object({ items: z.array(Review) })

export type Item = z.output<typeof Item>
export type Review = z.output<typeof Review>
export type Product = z.output<typeof Product>
export type Cart = z.output<typeof Cart>
export type Order = z.output<typeof Order>

/** `http`: what the edge offers. Whoever acts is a part of the input; tokens are not what is measured. */
export const operations = {
  accounts: {
    find: { input: z.object({ accountId: Id }), output: z.object({ id: Id, email: z.string(), name: z.string() }) },
  },
  catalog: {
    featured: { input: z.object({ limit: Limit }), output: items },
    newArrivals: { input: z.object({ limit: Limit }), output: items },
    categories: { input: none, output: z.object({ items: z.array(Category) }) },
    search: { input: z.object({ query: z.string().max(200), limit: Limit }), output: items },
    byIds: { input: z.object({ ids: z.array(Id).max(500) }), output: items },
    related: { input: z.object({ ids: z.array(Id).min(1).max(50), limit: Limit }), output: items },
    reviews: { input: z.object({ id: Id, limit: Limit }), output: reviews },
    latestReviews: { input: z.object({ limit: Limit }), output: reviews },
  },
  inventory: {
    levels: {
      input: z.object({ productIds: z.array(Id).max(500) }),
      output: z.object({ levels: z.array(z.object({ productId: Id, available: Count })) }),
    },
    reserve: { input: z.object({ orderId: Id, lines: z.array(Line).min(1).max(100) }), output: Reservation },
    commit: { input: z.object({ orderId: Id }), output: Reservation },
  },
  cart: {
    get: { input: z.object({ accountId: Id }), output: Cart },
    setItem: {
      http: 'PUT /api/cart/{accountId}/items/{productId}',
      input: z.object({ accountId: Id, productId: Id, quantity: Quantity }),
      output: Cart,
    },
    clear: { input: z.object({ accountId: Id }), output: none },
  },
  orders: {
    place: {
      http: 'POST /api/orders',
      input: z.object({ accountId: Id, paymentMethod: PaymentMethod }),
      output: Order,
    },
  },
  payments: {
    charge: { input: z.object({ orderId: Id, amountCents: Cents, method: PaymentMethod }), output: Payment },
  },
  web: {
    home: {
      http: 'GET /api/home',
      input: none,
      output: z.object({
        featured: z.array(Product),
        newArrivals: z.array(Product),
        categories: z.array(Category),
        recommendations: z.array(Product),
        reviews: z.array(Review),
      }),
    },
    search: {
      http: 'GET /api/search',
      input: z.object({ query: z.string().max(200) }),
      output: z.object({ items: z.array(Product) }),
    },
    productPage: {
      http: 'GET /api/pages/product/{id}',
      input: z.object({ id: Id }),
      output: z.object({ product: Product, related: z.array(Product), reviews: z.array(Review) }),
    },
  },
} as const

type Operations = typeof operations
export type ServiceName = keyof Operations

/** The services that a service calls. */
export const uses: Readonly<Record<ServiceName, readonly ServiceName[]>> = {
  accounts: [],
  catalog: [],
  inventory: [],
  cart: ['catalog'],
  orders: ['accounts', 'cart', 'inventory', 'payments'],
  payments: [],
  web: ['catalog', 'inventory'],
}

/** The services that the edge calls. */
export const exposed: readonly ServiceName[] = ['web', 'cart', 'orders']

export const serviceNames: readonly ServiceName[] = Object.keys(operations) as ServiceName[]

interface AnyOperation {
  readonly input: z.ZodType
  readonly output: z.ZodType
}
type In<O> = O extends AnyOperation ? z.output<O['input']> : never
type Out<O> = O extends AnyOperation ? z.output<O['output']> : never

/** How a service reaches the others: the same shape in every variant, whatever is behind it. */
export type Calls = {
  readonly [S in ServiceName]: {
    readonly [O in keyof Operations[S]]: (input: In<Operations[S][O]>) => Promise<Out<Operations[S][O]>>
  }
}

type MaybePromise<T> = T | Promise<T>

/** The implementation of all services. */
export type Handlers = {
  readonly [S in ServiceName]: {
    readonly [O in keyof Operations[S]]: (
      input: In<Operations[S][O]>,
      calls: Calls,
    ) => MaybePromise<Out<Operations[S][O]>>
  }
}

/** One operation, without its types: what the variants' glue works with. */
export interface PlainOperation {
  readonly service: ServiceName
  readonly name: string
  readonly input: z.ZodType
  readonly output: z.ZodType
  readonly http: string | undefined
}

export function operationsOf(service: ServiceName): readonly PlainOperation[] {
  return Object.entries<AnyOperation & { readonly http?: string }>(operations[service]).map(
    ([name, { input, output, http }]) => ({ service, name, input, output, http }),
  )
}

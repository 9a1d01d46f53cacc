// The services' logic over memory, the same for every variant, so that only the way of a call differs. A process that
// runs one service pays for that service's data alone.
import { type CatalogData, loadCatalog, loadStock } from './catalog-data.ts'
import type { Calls, Cart, Handlers, Item, Product } from './operations.ts'

function once<T>(load: () => T): () => T {
  let value: T | undefined
  return () => (value ??= load())
}

function accountsHandlers(): Handlers['accounts'] {
  return { find: ({ accountId }) => ({ id: accountId, email: `${accountId}@example.org`, name: 'Ada Lovelace' }) }
}

function findRelated({ byId, tagsOf }: CatalogData, ids: readonly string[], limit: number): Item[] {
  const wanted = new Set(ids.flatMap((id) => [...(tagsOf.get(id) ?? [])]))
  const isRelated = (id: string): boolean =>
    !ids.includes(id) && [...(tagsOf.get(id) ?? [])].some((tag) => wanted.has(tag))
  return [...byId].flatMap(([id, item]) => (isRelated(id) ? [item] : [])).slice(0, limit)
}

function catalogHandlers(): Handlers['catalog'] {
  const data = once(loadCatalog)
  // Kept, like an index: finding is not what is measured.
  const relatedTo = new Map<string, Item[]>()
  const related = (ids: readonly string[], limit: number): Item[] => {
    const key = `${limit} ${ids.join(' ')}`
    const found = relatedTo.get(key) ?? findRelated(data(), ids, limit)
    relatedTo.set(key, found)
    return found
  }
  return {
    featured: ({ limit }) => ({ items: data().featured.slice(0, limit) }),
    newArrivals: ({ limit }) => ({ items: data().newest.slice(0, limit) }),
    categories: () => ({ items: [...data().categories] }),
    search: ({ query, limit }) => {
      const words = query.toLowerCase()
      const found = data().newest.filter(({ name }) => name.toLowerCase().includes(words))
      return { items: found.slice(0, limit) }
    },
    byIds: ({ ids }) => ({ items: ids.flatMap((id) => data().byId.get(id) ?? []) }),
    related: ({ ids, limit }) => ({ items: related(ids, limit) }),
    reviews: ({ id, limit }) => ({ items: (data().reviewsOf.get(id) ?? []).slice(0, limit) }),
    latestReviews: ({ limit }) => ({ items: data().goodReviews.slice(0, limit) }),
  }
}

interface Line {
  readonly productId: string
  readonly quantity: number
}

function inventoryHandlers(): Handlers['inventory'] {
  const stock = once(loadStock)
  const held = new Map<string, Line[]>()
  return {
    levels: ({ productIds }) => ({
      levels: productIds.map((productId) => ({ productId, available: stock().get(productId) ?? 0 })),
    }),
    reserve: ({ orderId, lines }) => {
      for (const { productId, quantity } of lines) {
        const left = (stock().get(productId) ?? 0) - quantity
        if (left < 0) throw new Error(`There is not enough of ${productId}.`)
        stock().set(productId, left)
      }
      held.set(orderId, lines)
      return { orderId, status: 'held', lines }
    },
    commit: ({ orderId }) => {
      const lines = held.get(orderId)
      if (lines === undefined) throw new Error(`Nothing is reserved for ${orderId}.`)
      held.delete(orderId)
      return { orderId, status: 'committed', lines }
    },
  }
}

async function toCart(lines: ReadonlyMap<string, number>, calls: Calls): Promise<Cart> {
  const { items: products } = await calls.catalog.byIds({ ids: [...lines.keys()] })
  const items = products.map(({ id, name, imageUrl, price }) => {
    const [quantity, unitCents] = [lines.get(id) ?? 1, price.amountCents]
    return { productId: id, name, imageUrl, quantity, unitCents, lineCents: unitCents * quantity }
  })
  return { items, totalCents: items.reduce((sum, { lineCents }) => sum + lineCents, 0), currency: 'EUR' }
}

function cartHandlers(): Handlers['cart'] {
  const carts = new Map<string, Map<string, number>>()
  const linesOf = (accountId: string): Map<string, number> => {
    const lines = carts.get(accountId) ?? new Map<string, number>()
    carts.set(accountId, lines)
    return lines
  }
  return {
    get: ({ accountId }, calls) => toCart(linesOf(accountId), calls),
    setItem: ({ accountId, productId, quantity }, calls) => toCart(linesOf(accountId).set(productId, quantity), calls),
    clear: ({ accountId }) => {
      carts.delete(accountId)
      return {}
    },
  }
}

function ordersHandlers(): Handlers['orders'] {
  let number = 0
  return {
    async place({ accountId, paymentMethod: method }, { accounts, cart, inventory, payments }) {
      const [account, { items, totalCents, currency }] = await Promise.all([
        accounts.find({ accountId }),
        cart.get({ accountId }),
      ])
      const id = `order-${++number}`
      const lines = items.map(({ productId, quantity }) => ({ productId, quantity }))
      await inventory.reserve({ orderId: id, lines })
      await payments.charge({ orderId: id, amountCents: totalCents, method })
      await inventory.commit({ orderId: id })
      await cart.clear({ accountId: account.id })
      return { id, status: 'paid', items, totalCents, currency, createdAt: new Date().toISOString() }
    },
  }
}

function paymentsHandlers(): Handlers['payments'] {
  return { charge: ({ orderId, amountCents }) => ({ orderId, status: 'captured', amountCents }) }
}

/** Adds what inventory knows, asked once for all lists of a page. */
async function withStock(calls: Calls, lists: readonly (readonly Item[])[]): Promise<Product[][]> {
  const productIds = [...new Set(lists.flat().map(({ id }) => id))]
  const { levels } = await calls.inventory.levels({ productIds })
  const available = new Map(levels.map((level) => [level.productId, level.available]))
  return lists.map((items) => items.map((item) => ({ ...item, stock: available.get(item.id) ?? 0 })))
}

/** What a customer who looked at these before may like. */
const seenBefore = ['p-0001', 'p-0014', 'p-0042']

function webHandlers(): Handlers['web'] {
  return {
    async home(_input, calls) {
      const { catalog } = calls
      const [featured, newest, categories, liked, reviews] = await Promise.all([
        catalog.featured({ limit: 8 }),
        catalog.newArrivals({ limit: 8 }),
        catalog.categories({}),
        catalog.related({ ids: seenBefore, limit: 8 }),
        catalog.latestReviews({ limit: 6 }),
      ])
      const lists = await withStock(calls, [featured.items, newest.items, liked.items])
      const [shown = [], newArrivals = [], recommendations = []] = lists
      return { featured: shown, newArrivals, categories: categories.items, recommendations, reviews: reviews.items }
    },

    async search({ query }, calls) {
      const { items } = await calls.catalog.search({ query, limit: 24 })
      return { items: (await withStock(calls, [items])).flat() }
    },

    async productPage({ id }, calls) {
      const { catalog } = calls
      const [found, other, reviews] = await Promise.all([
        catalog.byIds({ ids: [id] }),
        catalog.related({ ids: [id], limit: 8 }),
        catalog.reviews({ id, limit: 20 }),
      ])
      const [[product] = [], related = []] = await withStock(calls, [found.items, other.items])
      if (product === undefined) throw new Error(`There is no product ${id}.`)
      return { product, related, reviews: reviews.items }
    },
  }
}

/** The handlers of all services, each with a memory of its own. Data is loaded at a service's first call. */
export function createHandlers(): Handlers {
  return {
    accounts: accountsHandlers(),
    catalog: catalogHandlers(),
    inventory: inventoryHandlers(),
    cart: cartHandlers(),
    orders: ordersHandlers(),
    payments: paymentsHandlers(),
    web: webHandlers(),
  }
}

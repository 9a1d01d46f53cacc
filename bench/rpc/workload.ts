// The workload that every variant serves. `get` answers a product of about 300 bytes of JSON, `document` a text of a
// wanted length, `changes` a stream of small items.

export interface ProductQuery {
  readonly id: string
  readonly currency: string
}

export interface Product {
  id: string
  name: string
  description: string
  price: { currency: string; units: number; nanos: number }
  categories: string[]
  stock: number
  updatedAt: string
}

export interface StockChange {
  sku: string
  stock: number
}

/** One running service of the workload, seen by its caller. */
export interface RpcClient {
  readonly get: (query: ProductQuery) => Promise<Product>
  /** A text of so many bytes. */
  readonly document?: (bytes: number) => Promise<string>
  /** Reads a stream of so many items to its end. */
  readonly changes?: (count: number, onChange: (change: StockChange) => void) => Promise<void>
}

/** A way of calling: the server's half and the client's, each in a process of its own. */
export interface RpcPeer {
  /** Resolves to what the client needs to connect, as JSON. */
  serve(): Promise<unknown>
  connect(address: never): Promise<RpcClient>
  /** Answers nothing but bytes, so there is no product to look at. */
  readonly bare?: boolean
}

const count = 1000
const categories = ['kitchen', 'home', 'office', 'garden', 'outdoor', 'travel', 'gifts']
const description =
  'A sturdy everyday item made from recycled materials, tested for ten thousand uses and shipped in plain paper wrap'

function category(index: number): string {
  return categories[index % categories.length] ?? 'none'
}

const products: ReadonlyMap<string, Product> = new Map(
  Array.from({ length: count }, (_, i): [string, Product] => {
    const id = `P${100_000 + i}`
    return [
      id,
      {
        id,
        name: `Item ${i % 97} of stock`,
        description: `${description} ${1000 + i}`,
        price: { currency: 'USD', units: 10 + (i % 90), nanos: 990_000_000 },
        categories: [category(i), category(i + 2), category(i + 5)],
        stock: 1000 + ((i * 37) % 9000),
        updatedAt: new Date(1_700_000_000_000 + i * 86_400).toISOString(),
      },
    ]
  }),
)
const ids = [...products.keys()]

/** The handler of `get`, the same for all. */
export function getProduct({ id, currency }: ProductQuery): Product {
  const product = products.get(id)
  if (product === undefined) throw new Error(`There is no product ${id}.`)
  if (currency !== product.price.currency) throw new Error(`Prices in ${currency} are not kept.`)
  return product
}

/** The product that call number n asks for. */
export function idOf(n: number): string {
  return ids[n % count] ?? ''
}

/** The input of call number n. */
export function queryOf(n: number): ProductQuery {
  return { id: idOf(n), currency: 'USD' }
}

const texts = new Map<number, string>()

/** The handler of `document`: made once, so that what is measured is the way and not the making. */
export function documentOf(bytes: number): string {
  let text = texts.get(bytes)
  if (text === undefined) {
    text = 'The quick brown fox jumps over the lazy dog; '.repeat(Math.ceil(bytes / 45)).slice(0, bytes)
    texts.set(bytes, text)
  }
  return text
}

const skus = Array.from({ length: 100 }, (_, i) => `SKU-${1000 + i}`)

export function changeOf(n: number): StockChange {
  return { sku: skus[n % skus.length] ?? '', stock: n }
}

/** The handler of `changes`. */
export function* changesOf(length: number): Generator<StockChange> {
  for (let n = 0; n < length; n++) yield changeOf(n)
}

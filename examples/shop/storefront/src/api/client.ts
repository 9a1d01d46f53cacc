import { readEvents } from './event-stream.ts'
import { Problem, problemFromNetwork, problemFromResponse } from './problem.ts'
import type {
  Account,
  Cart,
  Category,
  FrontPage,
  Mail,
  Order,
  OrderStep,
  Page,
  PaymentMethod,
  Product,
  ProductPage,
} from './shapes.ts'

export interface ClientOptions {
  /** Prefix of every path. Default: same origin. */
  baseUrl?: string
  /** Bearer token of the visitor, or `null` when signed out. */
  token: () => string | null
  /** Called when a request that carried this token came back with 401. */
  onExpired?: (token: string) => void
  fetch?: typeof globalThis.fetch
  /** How long one request may take. Default: 15 000. */
  timeoutMs?: number
}

export interface ProductFilter {
  query?: string | undefined
  category?: string | undefined
  cursor?: string | undefined
  limit?: number
}

interface RequestOptions {
  method?: string
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
  /** Send the visitor's token. Default: true. */
  signed?: boolean
}

export type ShopClient = ReturnType<typeof createClient>

type Send = <Answer>(path: string, options?: RequestOptions) => Promise<Answer>

/** A client of the shop's public API. Every failure is thrown as a `Problem`. */
export function createClient(options: ClientOptions) {
  const send = createSend(options)
  return { ...browsing(send), ...account(send), ...cart(send), ...orders(send), ...following(options) }
}

const browsing = (send: Send) => ({
  home: (signal?: AbortSignal) => send<FrontPage>('/api/home', { signal }),
  categories: (signal?: AbortSignal) => send<{ items: Category[] }>('/api/categories', { signal }),
  products: (filter: ProductFilter, signal?: AbortSignal) =>
    send<Page<Product>>(`/api/products${queryString({ limit: 24, ...filter })}`, { signal }),
  productPage: (id: string, signal?: AbortSignal) => send<ProductPage>(`/api/pages/product/${encode(id)}`, { signal }),
})

const account = (send: Send) => ({
  signUp: (body: { email: string; password: string; name: string }) =>
    send<unknown>('/api/accounts', { method: 'POST', body, signed: false }),
  signIn: (body: { email: string; password: string }) =>
    send<{ token: string }>('/api/sign-in', { method: 'POST', body, signed: false }),
  me: (signal?: AbortSignal) => send<Account>('/api/me', { signal }),
})

const cart = (send: Send) => ({
  cart: (signal?: AbortSignal) => send<Cart>('/api/cart', { signal }),
  setCartItem: (productId: string, quantity: number) =>
    send<unknown>(`/api/cart/items/${encode(productId)}`, { method: 'PUT', body: { quantity } }),
  removeCartItem: (productId: string) => send<unknown>(`/api/cart/items/${encode(productId)}`, { method: 'DELETE' }),
})

const orders = (send: Send) => ({
  placeOrder: (paymentMethod: PaymentMethod, idempotencyKey: string) =>
    send<Order>('/api/orders', {
      method: 'POST',
      body: { paymentMethod },
      headers: { 'idempotency-key': idempotencyKey },
    }),
  orders: (cursor: string | undefined, signal?: AbortSignal) =>
    send<Page<Order>>(`/api/orders${queryString({ limit: 10, cursor })}`, { signal }),
  order: (id: string, signal?: AbortSignal) => send<Order>(`/api/orders/${encode(id)}`, { signal }),
  mails: (cursor: string | undefined, signal?: AbortSignal) =>
    send<Page<Mail>>(`/api/mails${queryString({ limit: 10, cursor })}`, { signal }),
})

/** The shop sends a heartbeat every 15 s: a connection that is silent for longer is dead. */
const longestSilenceMs = 40_000

const following = (options: ClientOptions) => ({
  /**
   * The steps of an order: first those it has taken, then each further one as it happens. Ends when no more can come;
   * throws a `Problem` when the connection is lost, to be called again.
   */
  async *followOrder(id: string, signal: AbortSignal): AsyncGenerator<OrderStep, void, void> {
    const silence = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const onActivity = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), longestSilenceMs)
    }
    onActivity()
    try {
      const gone = AbortSignal.any([signal, silence.signal])
      const response = await openStream(options, `/api/orders/${encode(id)}/events`, gone)
      for await (const { type, data } of readEvents(response, { onActivity })) {
        if (type === 'end') return
        if (type === 'error') break
        yield JSON.parse(data) as OrderStep // what the gateway sends has been checked against the contract
      }
      throw new Error('The stream broke off.')
    } catch (error) {
      throw error instanceof Problem ? error : problemFromNetwork(error)
    } finally {
      clearTimeout(timer)
    }
  },
})

async function openStream(options: ClientOptions, path: string, signal: AbortSignal) {
  const token = options.token()
  const send = options.fetch ?? globalThis.fetch.bind(globalThis)
  const headers = { accept: 'text/event-stream', ...(token !== null && { authorization: `Bearer ${token}` }) }
  const response = await send((options.baseUrl ?? '') + path, { headers, signal })
  if (response.ok && response.body) return response.body
  const problem = await problemFromResponse(response)
  if (problem.status === 401 && token !== null) options.onExpired?.(token)
  throw problem
}

function createSend(options: ClientOptions): Send {
  const { baseUrl = '', timeoutMs = 15_000 } = options
  const send = options.fetch ?? globalThis.fetch.bind(globalThis)
  return async (path, request = {}) => {
    const token = request.signed === false ? null : options.token()
    const deadline = AbortSignal.timeout(timeoutMs)
    const signal = request.signal ? AbortSignal.any([request.signal, deadline]) : deadline
    try {
      const response = await send(baseUrl + path, { ...toInit(request, token), signal })
      if (response.ok) return await readAnswer(response)
      throw await problemFromResponse(response)
    } catch (error) {
      if (error instanceof Problem) {
        if (error.status === 401 && token !== null) options.onExpired?.(token)
        throw error
      }
      // The page gave the request up itself: that is no problem to show.
      if (request.signal?.aborted) throw error
      throw problemFromNetwork(error)
    }
  }
}

function toInit(request: RequestOptions, token: string | null): RequestInit {
  const headers: Record<string, string> = { accept: 'application/json', ...request.headers }
  if (token !== null) headers['authorization'] = `Bearer ${token}`
  if (request.body === undefined) return { method: request.method ?? 'GET', headers }
  headers['content-type'] = 'application/json'
  return { method: request.method ?? 'POST', headers, body: JSON.stringify(request.body) }
}

// Some commands answer 204: the caller that ignores the answer gets `undefined`.
async function readAnswer<Answer>(response: Response): Promise<Answer> {
  const text = await response.text()
  // What the gateway sends has been checked against the contract; `Answer` is what `shapes.ts` says of it.
  return (text === '' ? undefined : JSON.parse(text)) as Answer
}

function queryString(values: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') search.set(name, String(value))
  }
  return search.size === 0 ? '' : `?${search}`
}

const encode = encodeURIComponent

/**
 * An in-memory stand-in for the shop's public API, for working on the storefront alone:
 * `npm run mock-api -w @shop/storefront`, then `npm run dev -w @shop/storefront`.
 * It also serves a finished build (`dist/`) under the strict content security policy of the real shop.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { pathToFileURL } from 'node:url'

import { createMockShop, Refusal, type MockShop } from './mock-shop.ts'
import { serveFile } from './static-files.ts'

export interface MockApiOptions {
  /** Waited before every answer of the API. Default: 0. */
  latencyMs?: number
}

interface Call {
  shop: MockShop
  token: string | null
  url: URL
  body: Record<string, unknown>
  params: string[]
  idempotencyKey: string | null
}

type Handler = (call: Call) => { status?: number; body?: unknown }

const routes: [method: string, path: RegExp, handler: Handler][] = [
  ['GET', /^\/api\/home$/, ({ shop }) => ({ body: shop.home() })],
  ['GET', /^\/api\/categories$/, ({ shop }) => ({ body: { items: shop.categories() } })],
  ['GET', /^\/api\/products$/, ({ shop, url }) => ({ body: shop.search(url.searchParams) })],
  ['GET', /^\/api\/products\/([^/]+)$/, ({ shop, params }) => ({ body: shop.product(params[0]) })],
  ['GET', /^\/api\/pages\/product\/([^/]+)$/, ({ shop, params }) => ({ body: shop.productPage(params[0]) })],
  ['POST', /^\/api\/accounts$/, ({ shop, body }) => ({ status: 201, body: shop.signUp(body) })],
  ['POST', /^\/api\/sign-in$/, ({ shop, body }) => ({ body: { token: shop.signIn(body) } })],
  ['GET', /^\/api\/me$/, ({ shop, token }) => ({ body: shop.me(token) })],
  ['GET', /^\/api\/cart$/, ({ shop, token }) => ({ body: shop.cart(token) })],
  [
    'PUT',
    /^\/api\/cart\/items\/([^/]+)$/,
    ({ shop, token, params, body }) => ({ body: shop.setItem(token, params[0], Number(body['quantity'])) }),
  ],
  [
    'DELETE',
    /^\/api\/cart\/items\/([^/]+)$/,
    ({ shop, token, params }) => ({ body: shop.setItem(token, params[0], 0) }),
  ],
  [
    'POST',
    /^\/api\/orders$/,
    ({ shop, token, body, idempotencyKey }) => ({
      status: 201,
      body: shop.placeOrder(token, String(body['paymentMethod']), idempotencyKey),
    }),
  ],
  ['GET', /^\/api\/orders$/, ({ shop, token, url }) => ({ body: shop.orders(token, url.searchParams) })],
  ['GET', /^\/api\/mails$/, ({ shop, token, url }) => ({ body: shop.mails(token, url.searchParams) })],
  ['GET', /^\/api\/orders\/([^/]+)$/, ({ shop, token, params }) => ({ body: shop.order(token, params[0]) })],
]

/** Starts nothing by itself: call `listen`. `shop` is exposed so that a test can make parts of it fail. */
export function createMockApi(options: MockApiOptions = {}): { server: Server; shop: MockShop } {
  const shop = createMockShop()
  const server = createServer((request, response) => {
    answer(shop, request, response, options).catch((error: unknown) => sendProblem(response, error))
  })
  return { server, shop }
}

async function answer(shop: MockShop, request: IncomingMessage, response: ServerResponse, options: MockApiOptions) {
  const url = new URL(request.url ?? '/', 'http://mock')
  if (!url.pathname.startsWith('/api/')) return serveFile(url.pathname, response)
  if (options.latencyMs) await new Promise((resolve) => setTimeout(resolve, options.latencyMs))
  const fault = shop.faults.get(`${request.method} ${url.pathname}`)
  if (fault) throw fault
  const followed = /^\/api\/orders\/([^/]+)\/events$/.exec(url.pathname)
  if (followed) return sendSteps(shop, await readRequest(request), decodeURIComponent(followed[1] ?? ''), response)
  for (const [method, path, handler] of routes) {
    const match = request.method === method ? path.exec(url.pathname) : null
    if (!match) continue
    const params = match.slice(1).map(decodeURIComponent)
    const { status = 200, body } = handler({ shop, url, params, ...(await readRequest(request)) })
    return sendJson(response, status, body)
  }
  throw new Refusal('not_found', `There is no ${request.method} ${url.pathname}.`)
}

async function readRequest(request: IncomingMessage): Promise<Pick<Call, 'body' | 'token' | 'idempotencyKey'>> {
  const chunks: Buffer[] = []
  // Without an encoding set, a request is read in buffers.
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? null
  const key = request.headers['idempotency-key']
  return {
    // The storefront sends nothing but objects.
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    token,
    idempotencyKey: typeof key === 'string' ? key : null,
  }
}

/** Server-Sent Events, as the gateway writes them. */
async function sendSteps(
  shop: MockShop,
  { token }: Pick<Call, 'token'>,
  id: string,
  response: ServerResponse,
): Promise<void> {
  let told = 0
  let steps = shop.orderSteps(token, id)
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  while (!response.destroyed) {
    for (const step of steps.slice(told)) response.write(`event: message\ndata: ${JSON.stringify(step)}\n\n`)
    told = steps.length
    if (steps.at(-1)?.status === 'delivered') break
    await new Promise((resolve) => setTimeout(resolve, 200))
    steps = shop.orderSteps(token, id)
  }
  response.end('event: end\ndata: null\n\n')
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function sendProblem(response: ServerResponse, error: unknown): void {
  const { status, code, message, failure } = error instanceof Refusal ? error : new Refusal('internal', String(error))
  const shared = { type: `https://holon.dev/problems/${code}`, title: code, status, detail: message, code }
  const problem = { ...shared, ...(failure !== undefined && { failure }) }
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const port = Number(process.env['PORT'] ?? 4310)
  createMockApi({ latencyMs: Number(process.env['LATENCY_MS'] ?? 150) }).server.listen(port, () => {
    console.log(`mock API and last build: http://localhost:${port}`)
  })
}

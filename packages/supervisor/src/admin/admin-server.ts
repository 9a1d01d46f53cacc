import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the admin server shows. */
export interface AdminSource {
  status(): Promise<unknown>
  /** Where the instances are, and the secret that lets a process call them. */
  registry(): unknown
  /** The page for people, complete but for what changes, which `nonce` allows to run. */
  page(nonce: string): Promise<string>
}

export interface AdminServerOptions {
  /** 0 chooses a free port. */
  readonly port: number
  /** What requests below `/api` must bring as bearer token. */
  readonly token: string
  /** Fresh, unguessable text. */
  readonly randomText: () => string
  readonly source: AdminSource
}

export interface AdminServer {
  readonly url: string
  close(): Promise<void>
}

/** The admin port is in use. */
export class AdminPortTaken extends Error {
  override readonly name: string = 'AdminPortTaken'

  constructor(port: number) {
    super(
      `The admin port ${port} is taken by another program, perhaps by another app. To run both, start this one with ` +
        'HOLON_ADMIN_PORT=0 (any free port) and a PORT of its own; else end that program.',
    )
  }
}

/**
 * The supervisor's own HTTP server, on the loopback interface only. `/api` wants the token. The page does not: what it
 * shows any user of this machine can also see with `ps`. The Host header must name the loopback, so that a web page
 * whose name was made to point here (DNS rebinding) gets nothing.
 */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { port, token, randomText, source } = options
  let hosts: readonly string[] = []
  const server = createServer((request, response) => {
    answer({ request, hosts, token, nonce: randomText(), source }).then(
      (reply) => send(response, reply),
      () => send(response, problem(500, 'The status cannot be shown.')),
    )
  })
  server.requestTimeout = 5_000
  server.headersTimeout = 5_000
  await listen(server, port)
  // Of a server that listens on a port.
  const actual = (server.address() as AddressInfo).port
  hosts = ['127.0.0.1', 'localhost', '[::1]'].flatMap((host) => (actual === 80 ? [host] : [`${host}:${actual}`]))
  return {
    url: `http://127.0.0.1:${actual}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject('code' in error && error.code === 'EADDRINUSE' ? new AdminPortTaken(port) : error)
    })
    server.listen(port, '127.0.0.1', () => resolve())
  })
}

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface Visit {
  readonly request: IncomingMessage
  readonly hosts: readonly string[]
  readonly token: string
  readonly nonce: string
  readonly source: AdminSource
}

async function answer({ request, hosts, token, nonce, source }: Visit): Promise<Reply> {
  if (!hosts.includes(request.headers.host ?? '')) return problem(421, 'This server answers only to its own address.')
  const [path = '/'] = (request.url ?? '/').split('?')
  if (request.method !== 'GET' && request.method !== 'HEAD') return problem(405, 'Only GET is understood.')
  if (path === '/') return html(await source.page(nonce), nonce)
  if (!path.startsWith('/api/')) return problem(404, `There is nothing at ${path}.`)
  if (!bearsToken(request, token))
    return problem(401, 'A bearer token is needed; it is in .holon/run/admin.json.', { 'www-authenticate': 'Bearer' })
  if (path === '/api/status') return json(200, await source.status())
  if (path === '/api/registry') return json(200, source.registry())
  return problem(404, `There is nothing at ${path}.`)
}

function bearsToken({ headers: { authorization = '' } }: IncomingMessage, token: string): boolean {
  // Hashing first makes the lengths equal, and the comparison tells nothing about the token by its duration.
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(authorization), digest(`Bearer ${token}`))
}

function json(status: number, value: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}

function problem(status: number, detail: string, headers: Readonly<Record<string, string>> = {}): Reply {
  const reply = json(status, { status, detail })
  return { ...reply, headers: { ...headers, 'content-type': 'application/problem+json' } }
}

function html(body: string, nonce: string): Reply {
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  return {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
    body,
  }
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, {
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  response.end(body)
}

import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { duplexPair, Readable, type Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Sends a request to the gateway of a test app, as `fetch` does. `path` begins with a slash. */
export type Fetch = (path: string, init?: RequestInit) => Promise<Response>

/** The origin that requests are made to; nobody looks it up. */
const origin = 'http://gateway.test'

/**
 * A `fetch` whose connections are pairs of streams in memory, one for each request; `accept` serves the other end. Everything
 * else is as over a socket: Node's HTTP client and the server's own parser, streams that flow as they are read, and a
 * connection that breaks when the request is aborted or the body left. Redirects are not followed.
 */
export function memoryFetch(accept: (connection: Duplex) => void): Fetch {
  return async (path, init = {}) => {
    const request = new Request(new URL(path, origin), { ...init, redirect: 'manual' })
    request.signal.throwIfAborted()
    const [near, far] = duplexPair()
    // Whoever aborts a request breaks its connection, which is no failure of either end.
    for (const end of [near, far]) end.on('error', () => undefined)
    // A broken socket is seen at its other end, which the streams of a pair do not do by themselves.
    near.once('close', () => far.destroy())
    far.once('close', () => near.destroy())
    accept(far)
    return send(request, near)
  }
}

async function send(request: Request, connection: Duplex): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  const outgoing = httpRequest({
    method: request.method,
    path: pathname + search,
    headers: { host: new URL(request.url).host, connection: 'keep-alive', ...Object.fromEntries(request.headers) },
    createConnection: () => connection,
  })
  const giveUp = (): void => void outgoing.destroy(asError(request.signal.reason))
  request.signal.addEventListener('abort', giveUp, { once: true })
  const response = answered(outgoing)
  const sent = request.body ? pipeline(Readable.fromWeb(request.body), outgoing) : Promise.resolve(outgoing.end())
  // A server may answer before it has read everything, and then closes.
  sent.catch(() => undefined)
  try {
    return toResponse(await response, () => connection.destroy())
  } catch (error) {
    connection.destroy()
    request.signal.throwIfAborted()
    throw error
  }
}

function answered(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.once('error', reject)
  })
}

function toResponse(message: IncomingMessage, ended: () => void): Response {
  const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders } = message
  const headers = new Headers()
  for (let n = 0; n + 1 < rawHeaders.length; n += 2) headers.append(rawHeaders[n] ?? '', rawHeaders[n + 1] ?? '')
  message.once('close', ended)
  if (status === 204 || status === 205 || status === 304) {
    message.resume()
    return new Response(null, { status, statusText, headers })
  }
  // Node's type of the stream lacks what only newer ones have.
  return new Response(Readable.toWeb(message) as ReadableStream, { status, statusText, headers })
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('The request was aborted.', { cause: reason })
}

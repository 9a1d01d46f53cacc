import { ServiceError } from '@holon/contract'

import type { IncomingMessage } from './http-server.ts'
import { EdgeError } from './problem.ts'

/** Headers of which only one can be meant, by length: Node takes the first of two, and a proxy perhaps the last. */
const singles: ReadonlyMap<number, string> = new Map(
  ['host', 'content-type', 'authorization', 'idempotency-key'].map((name) => [name.length, name]),
)
const hostForm = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+;=%-]*)(?::\d*)?$/i
/** As Node reads it, which has answered this one already. */
const continues = /(?:^|\W)100-continue(?:$|\W)/i
const absoluteForm = /^https?:\/\/([^/?#]*)(.*)$/i

/**
 * What is wrong with the head of a request that Node's parser took: all on which a proxy in front and this gateway could
 * judge differently (RFC 9112), so that one of them would let pass what the other would not. Undefined where nothing is; the
 * request's target is then a path, whatever form it had.
 */
export function headProblem(request: IncomingMessage): ServiceError | undefined {
  const { headers, httpVersionMajor, httpVersionMinor } = request
  if (httpVersionMajor !== 1)
    return new EdgeError('http_version_not_supported', 'This gateway speaks HTTP/1.1; HTTP/2 ends in front of it.')
  const transfer = headers['transfer-encoding']
  if (transfer !== undefined) {
    if (httpVersionMinor === 0) return refuse('HTTP/1.0 has no Transfer-Encoding; send Content-Length.')
    if (transfer.toLowerCase() !== 'chunked')
      return new EdgeError('unimplemented', 'Of transfer codings only `chunked` is understood; send the body as it is.')
  }
  // HTTP/1.0 has none, so there it is passed over (RFC 9110, 10.1.1).
  if (headers.expect !== undefined && httpVersionMinor > 0 && !continues.test(headers.expect))
    return new EdgeError('expectation_failed', 'Of expectations only `100-continue` is understood.')
  const twice = repeatedHeader(request.rawHeaders)
  if (twice !== undefined) return refuse(`The header ${twice} is there twice; send it once.`)
  return hostProblem(headers.host, httpVersionMinor) ?? contentProblem(request) ?? targetProblem(request)
}

function refuse(message: string): ServiceError {
  return new ServiceError('invalid_argument', message, { mayHaveRun: false })
}

function repeatedHeader(rawHeaders: readonly string[]): string | undefined {
  let seen = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    // Of most headers the length already tells that it is none of these.
    const single = singles.get(name.length)
    if (single === undefined || single !== name.toLowerCase()) continue
    const mark = 1 << name.length
    if ((seen & mark) !== 0) return single
    seen |= mark
  }
  return undefined
}

function hostProblem(host: string | undefined, minorVersion: number): ServiceError | undefined {
  if (host === undefined) return minorVersion === 0 ? undefined : refuse('The header Host is missing.')
  return hostForm.test(host) ? undefined : refuse('The header Host is no host with an optional port.')
}

/** What comes with a reading request is taken for the next request by whoever does not expect it (RFC 9110, 9.3.1). */
function contentProblem({ method, headers }: IncomingMessage): ServiceError | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined
  const { 'content-length': length, 'transfer-encoding': transfer } = headers
  if (transfer === undefined && (length === undefined || Number(length) === 0)) return undefined
  return refuse(`A ${method} takes no body.`)
}

/** A whole URL is brought into the form of a path: what judges paths later knows no other. */
function targetProblem(request: IncomingMessage): ServiceError | undefined {
  const { url = '/' } = request
  if (url.includes('#')) return refuse('The request target has a fragment (#), which belongs to the client alone.')
  if (url.startsWith('/') || url === '*') return undefined
  const [, authority, rest = ''] = absoluteForm.exec(url) ?? []
  if (authority === undefined) return refuse('The request target is neither a path nor an http URL.')
  const { host } = request.headers
  if (host !== undefined && host.toLowerCase() !== authority.toLowerCase())
    return refuse('The request target and the header Host name different hosts.')
  request.url = rest.startsWith('/') ? rest : `/${rest}`
  return undefined
}

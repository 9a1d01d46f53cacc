import type { Exchange } from './exchange.ts'
import { type SecurityHeaders, strictTransportSecurity } from './security-headers.ts'

/** Answers with JSON, in text or as bytes in UTF-8. */
export type RawAnswer = (exchange: Exchange, status: number, traceId: string, body: string | Uint8Array) => void

/** Larger bodies are sent beside the head; up to here copying them is cheaper than a second piece. */
const togetherBytes = 1 << 14

/**
 * Prepares the answers to calls: in one piece with the head, of which nearly all is the same each time. What was set on the
 * response before is kept.
 */
export function rawAnswer(headers: SecurityHeaders): RawAnswer {
  const constant = Object.entries({ ...headers, 'content-type': 'application/json; charset=utf-8' }).flat()
  return ({ request, response }, status, traceId, body) => {
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
    const head = ['x-trace-id', traceId, 'content-length', String(length), ...constant]
    if (request.headers['x-forwarded-proto'] === 'https')
      head.push('strict-transport-security', strictTransportSecurity)
    response.writeHead(status, head)
    if (typeof body === 'string') response.end(body, 'utf8')
    else if (length > togetherBytes) response.end(body)
    // As text of one byte a character: Node sends a text together with the head, but bytes as a second piece.
    else response.end(Buffer.from(body.buffer, body.byteOffset, length).toString('latin1'), 'latin1')
  }
}

import type { FastifyReply } from 'fastify'

import { type SecurityHeaders, strictTransportSecurity } from './security-headers.ts'

/** Answers with JSON, in text or as bytes in UTF-8. */
export type RawAnswer = (reply: FastifyReply, status: number, traceId: string, body: string | Uint8Array) => void

/** Larger bodies are sent beside the head; up to here copying them is cheaper than a second piece. */
const togetherBytes = 1 << 14

/**
 * Prepares answers past Fastify's reply, which would look at every header and hook for each of them. `hasCors`: a plugin
 * sets headers of its own.
 */
export function rawAnswer(headers: SecurityHeaders, hasCors: boolean): RawAnswer {
  const constant = Object.entries({ ...headers, 'content-type': 'application/json; charset=utf-8' }).flat()
  return (reply, status, traceId, body) => {
    const { raw, request } = reply
    void reply.hijack()
    if (hasCors) copyHeaders(reply)
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
    const head = ['x-trace-id', traceId, 'content-length', String(length), ...constant]
    if (request.headers['x-forwarded-proto'] === 'https')
      head.push('strict-transport-security', strictTransportSecurity)
    raw.writeHead(status, head)
    if (typeof body === 'string') raw.end(body, 'utf8')
    else if (length > togetherBytes) raw.end(body)
    // As text of one byte a character: Node sends a text together with the head, but bytes as a second piece.
    else raw.end(Buffer.from(body.buffer, body.byteOffset, length).toString('latin1'), 'latin1')
  }
}

function copyHeaders(reply: FastifyReply): void {
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value)
}

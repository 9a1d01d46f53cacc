import type { Platform } from '@holon/contract'

import type { Exchange } from './exchange.ts'
import type { IncomingMessage } from './http-server.ts'

/** How long a client has to read its answer and to stop sending. */
const lingerMs = 1000
/** What is read, and thrown away, of what it sends meanwhile: who reads only after having sent must come to the answer. */
const lingerBytes = 1024 * 1024

/** Whether a part of a request's body has not arrived. */
export function isBodyDue({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false
  const length = headers['content-length']
  return headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) > 0)
}

/**
 * Ends a response to a request whose body is not wanted, and its connection: what was not read would be taken for the next
 * request. The answer is whole at once by its length; the end comes when the body is there or the client has had time,
 * for a connection that is closed with bytes unread is reset, and with that an answer that is on its way is lost.
 */
export function endUnread({ request, response }: Exchange, body: string | Uint8Array, platform: Platform): void {
  response.setHeader('connection', 'close')
  response.write(body)
  let bytes = 0
  const end = (): void => {
    timer.cancel()
    response.end()
  }
  const timer = platform.setTimer(end, lingerMs, 'upkeep')
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > lingerBytes) request.pause()
  })
  request.once('close', end)
}

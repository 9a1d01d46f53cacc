import type { Duplex } from 'node:stream'

import { isRecord, ServiceError } from '@holon/contract'
import type { TraceIds } from '@holon/rpc'

import { EdgeError, toProblem } from './problem.ts'

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}

/**
 * Answers what is no HTTP request: Node hands over the bare socket, since there is no request to answer to. The
 * connection is closed in any case, because nobody can tell where the next request would begin.
 */
export function createClientErrorHandler(
  traceIds: TraceIds,
): (error: Error & { code?: string }, socket: Duplex) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return
    // Where a response is on its way already, a second one inside of it would be read as its content.
    if (!socket.writable || hasResponse(socket)) return void socket.destroy()
    const problem = toProblem(errorFor(error.code), { path: '', traceId: traceIds.nextTrace().toString() })
    const body = JSON.stringify({ ...problem, instance: undefined })
    const head = [
      `HTTP/1.1 ${problem.status} ${reasons[problem.status] ?? 'Bad Request'}`,
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Trace-Id: ${problem.traceId}`,
      'Connection: close',
    ]
    socket.once('finish', () => socket.destroy())
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  }
}

function errorFor(code: string | undefined): ServiceError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new EdgeError('request_timeout', 'The request did not arrive whole in the time that this gateway allows.')
  if (code === 'HPE_HEADER_OVERFLOW')
    return new EdgeError('headers_too_large', 'The request line and headers are larger than this gateway accepts.')
  return new ServiceError('invalid_argument', 'This is not a well-formed HTTP request.', { mayHaveRun: false })
}

/** Node keeps the response that a socket is busy with in a property that it does not document. */
function hasResponse(socket: Duplex): boolean {
  const response: unknown = Reflect.get(socket, '_httpMessage')
  return isRecord(response) && response['headersSent'] === true
}

import type { Duplex } from 'node:stream'

import type { ServiceError } from '@holon/contract'
import type { TraceIds } from '@holon/rpc'

import type { IncomingMessage, ServerResponse } from './http-server.ts'
import { toProblem } from './problem.ts'
import type { SecurityHeaders } from './security-headers.ts'
import { traceOf } from './trace.ts'

/** Answers with problem documents where there is no route, no reply, or not even a request; closes the connection. */
export interface BareAnswers {
  toRequest(error: ServiceError, request: IncomingMessage, response: ServerResponse): void
  /** `request`: the one that is answered, where its head could be read. */
  toSocket(error: ServiceError, socket: Duplex, request?: IncomingMessage): void
}

export function createBareAnswers(traceIds: TraceIds, security: SecurityHeaders): BareAnswers {
  const answer = (error: ServiceError, request?: IncomingMessage): Answer => {
    const { traceId } = traceOf(request?.headers['traceparent'], traceIds)
    const path = request?.url?.split('?', 1)[0]
    const problem = toProblem(error, { path: path ?? '', traceId: traceId.toString() })
    const body = Buffer.from(JSON.stringify({ ...problem, instance: path }))
    const headers = {
      'content-type': 'application/problem+json',
      'content-length': String(body.byteLength),
      'cache-control': 'no-store',
      'x-trace-id': problem.traceId,
      ...security,
      connection: 'close',
    }
    return { status: problem.status, reason: problem.title, headers, body }
  }
  return {
    toRequest(error, request, response) {
      const { status, headers, body } = answer(error, request)
      // So that who let the request in can see it.
      response.setHeader('connection', 'close')
      response.writeHead(status, headers).end(body)
    },
    toSocket(error, socket, request) {
      const { status, reason, headers, body } = answer(error, request)
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      socket.once('finish', () => socket.destroy())
      socket.write(`HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n`)
      socket.end(body)
    },
  }
}

interface Answer {
  readonly status: number
  readonly reason: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http'

import { isRecord, type Platform, ServiceError } from '@holon/contract'

import type { BareAnswers } from './bare-answers.ts'
import { ConnectionGate, type Handle } from './connection-gate.ts'
import { EdgeError } from './problem.ts'
import { headProblem } from './request-head.ts'

export type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'

/** A connection of the server. */
export type Socket = IncomingMessage['socket']

/**
 * Node's HTTP server, with every answer that it would give by itself replaced by one of the gateway's, and with requests
 * judged and let in before anything else sees them. `handle` answers what is left.
 */
export function createHttpServer(
  options: ServerOptions,
  { answers, platform }: { readonly answers: BareAnswers; readonly platform: Platform },
  handle: Handle,
): Server {
  const gate = new ConnectionGate(platform, (request, response) => {
    const problem = headProblem(request)
    if (problem === undefined) handle(request, response)
    else answers.toRequest(problem, request, response)
  })
  const enter: Handle = (request, response) => gate.enter(request, response)
  // A missing Host, and an expectation that nobody knows, are told by `headProblem` in a problem document.
  const server = createServer({ ...options, requireHostHeader: false }, enter)
  server.on('checkExpectation', enter)
  server.on('connect', (request: IncomingMessage, socket) => {
    // Node has let go of the socket: an error that nobody listens to would end the process.
    socket.on('error', () => undefined)
    // As below, also the type.
    if (gate.interrupted(socket as IncomingMessage['socket']) !== undefined) return void socket.destroy()
    const message = 'This is no proxy: it opens no tunnels.'
    answers.toSocket(new EdgeError('unimplemented', message), socket, request)
  })
  server.on('clientError', (error: Error & { code?: string }, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return
    // It is always the socket of a connection; Node's type allows for a user's own.
    const request = gate.interrupted(socket as IncomingMessage['socket'])
    // Where another response is due or on its way, this one would be taken for it. Nobody can tell where the next request
    // would begin, so the connection is closed in any case.
    if (request === 'busy' || !socket.writable || hasResponse(socket)) return void socket.destroy()
    answers.toSocket(errorFor(error.code), socket, request)
  })
  return server
}

function errorFor(code: string | undefined): ServiceError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new EdgeError('request_timeout', 'The request did not arrive whole in the time that this gateway allows.')
  if (code === 'HPE_HEADER_OVERFLOW')
    return new EdgeError('headers_too_large', 'The request line and headers are larger than this gateway accepts.')
  return new ServiceError('invalid_argument', 'This is not a well-formed HTTP request.', { mayHaveRun: false })
}

/** Node keeps the response that a socket is busy with in a property that it does not document. */
function hasResponse(socket: object): boolean {
  const response: unknown = Reflect.get(socket, '_httpMessage')
  return isRecord(response) && response['headersSent'] === true
}

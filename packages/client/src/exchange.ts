import { ServiceError } from '@holon/contract/error'

import { type Answer, type Asked, jsonType, longestProblem, mediaTypeOf } from './answers.ts'
import type { RequestOptions } from './client-options.ts'
import type { Connection } from './connection.ts'
import type { FetchResponse } from './fetch.ts'
import type { LightOperation } from './light-contract.ts'
import { PendingCall } from './pending-call.ts'
import { piecesOf } from './pieces.ts'
import { redirectError } from './redirects.ts'
import type { OperationRequest } from './request-writer.ts'

/** A call, ready to be sent, once or again. */
export interface PreparedCall {
  readonly operation: LightOperation
  readonly request: OperationRequest
  readonly options: RequestOptions
  readonly idempotencyKey: string | undefined
  readonly accept: 'application/json' | 'text/event-stream'
}

/** A call that somebody waits for, with all its requests and answers. */
export interface Exchange {
  readonly connection: Connection
  readonly call: PreparedCall
  readonly pending: PendingCall
  readonly asked: Asked
}

/** Begins a call; its `timeoutMs` is what the caller says, or `ownTimeoutMs`. */
export function beginExchange(connection: Connection, call: PreparedCall, ownTimeoutMs: number): Exchange {
  const { operation, request, options } = call
  const { timeoutMs = ownTimeoutMs, signal } = options
  // Without the query string, which may hold what is not for logs.
  const url = connection.url(request.target).split('?', 1)[0] ?? ''
  const asked = { operation: operation.id, request: `${request.method} ${url}` }
  const pending = new PendingCall(connection.platform, { operation: operation.id, timeoutMs, signal })
  return { connection, call, pending, asked }
}

/** Sends the request; resolves with the response to it as soon as its head is there. A redirect is an error. */
export async function send(exchange: Exchange): Promise<FetchResponse> {
  const { connection, call, pending } = exchange
  const { method, target, body } = call.request
  const headers = await pending.during(headersOf(connection, call))
  const init = { method, headers, redirect, signal: pending.signal, ...(body !== undefined && { body }) }
  const respond = async (): Promise<FetchResponse> => connection.fetch(connection.url(target), init)
  const response = await received(respond(), exchange)
  const error = redirectError(response, { base: connection.url(''), target }, exchange.asked)
  if (error === undefined) return response
  piecesOf(response).cancel()
  throw error
}

const redirect = 'manual' as const

/** An answer: the whole of a value, and of all else no more than is looked at. */
export async function readAnswer(response: FetchResponse, exchange: Exchange): Promise<Answer> {
  const { status, headers } = response
  const mediaType = mediaTypeOf(response)
  const isValue = status >= 200 && status < 300 && mediaType === jsonType && exchange.call.accept === jsonType
  const text = await (isValue ? received(response.text(), exchange) : beginningOf(response, exchange))
  return { status, mediaType, text, retryAfterMs: retryAfter(headers.get('retry-after'), exchange) }
}

/** The text of a response, as far as a problem document may go. */
async function beginningOf(response: FetchResponse, exchange: Exchange): Promise<string> {
  const pieces = piecesOf(response)
  let text = ''
  try {
    while (text.length <= longestProblem) {
      const piece = await received(pieces.next(), exchange)
      if (piece === undefined) break
      text += piece
    }
    return text
  } finally {
    pieces.cancel()
  }
}

/** Settles as `work` does, or when the call is given up. What the network throws says of which request it is. */
export async function received<T>(work: Promise<T>, { pending, asked }: Exchange): Promise<T> {
  try {
    return await pending.during(work)
  } catch (error) {
    throw pending.signal.aborted ? pending.signal.reason : unanswered(error, asked)
  }
}

async function headersOf(connection: Connection, call: PreparedCall): Promise<Record<string, string>> {
  const { operation, request, options, idempotencyKey, accept } = call
  const { token } = connection
  const headers: Record<string, string> = { accept }
  if (request.body !== undefined) headers['content-type'] = 'application/json'
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey
  if (token !== undefined && operation.compiled.auth !== 'none') {
    const text = typeof token === 'string' ? token : await token()
    if (text !== undefined) headers['authorization'] = `Bearer ${text}`
  }
  const others = Object.entries({ ...connection.headers, ...options.headers })
  for (const [name, value] of others) headers[name.toLowerCase()] = value
  return headers
}

/** The error of a request that got no answer. */
function unanswered(error: unknown, { request }: Asked): ServiceError {
  const cause = error instanceof Error ? error.cause : undefined
  const texts = [error, cause].flatMap((one) => (one instanceof Error && one.message !== '' ? [one.message] : []))
  const why = texts.length === 0 ? '' : ` (${texts.join(': ')})`
  const options = { mayHaveRun: !isUnsent(cause), cause: error }
  return new ServiceError('unavailable', `${request} got no answer${why}.`, options)
}

/** What Node says where there was not even a connection. Browsers tell nobody. */
function isUnsent(cause: unknown): boolean {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
  return code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN'
}

/** `Retry-After` (RFC 9110): seconds, or a date. */
function retryAfter(text: string | null, { connection }: Exchange): number | undefined {
  if (text === null) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - connection.platform.now()
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

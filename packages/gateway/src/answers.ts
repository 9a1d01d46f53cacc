import type { Readable } from 'node:stream'

import type { Platform } from '@holon/contract'

import type { Exchange } from './exchange.ts'
import type { RunningCalls } from './running-calls.ts'
import { type SecurityHeaders, strictTransportSecurity } from './security-headers.ts'
import { streamAnswer } from './stream-answer.ts'
import { endUnread, isBodyDue } from './unread-body.ts'

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | Readable
}

/** Answers an exchange, with the security headers and what has been set on the response before. */
export type SendAnswer = (exchange: Exchange, answer: Answer) => void

export interface AnswerParts {
  /** Whose bodies are given up when their connection closes. */
  readonly running: RunningCalls
  readonly platform: Platform
}

/** Prepares the answers that are not on the path of every call; see `rawAnswer` for those. */
export function answerWith(security: SecurityHeaders, { running, platform }: AnswerParts): SendAnswer {
  const constant = Object.entries(security)
  return (exchange, { status, headers = {}, body }) => {
    const { request, response } = exchange
    response.statusCode = status
    for (const [name, value] of constant) response.setHeader(name, value)
    if (request.headers['x-forwarded-proto'] === 'https')
      response.setHeader('strict-transport-security', strictTransportSecurity)
    for (const [name, value] of Object.entries(headers)) {
      // What the answer depends on adds up: the origin may be there already.
      if (name === 'vary') response.appendHeader(name, value)
      else response.setHeader(name, value)
    }
    if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
      if (body !== undefined) response.setHeader('content-length', Buffer.byteLength(body))
      if (body !== undefined && isBodyDue(request)) endUnread(exchange, body, platform)
      else response.end(body)
    } else if (request.method === 'HEAD') {
      body.destroy()
      response.end()
    } else streamAnswer(body, exchange, running)
  }
}

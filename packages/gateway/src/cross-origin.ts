import cors from 'cors'

import type { GatewayDefinition } from './definition/index.ts'
import type { Exchange } from './exchange.ts'
import type { SecurityHeaders } from './security-headers.ts'
import { isBodyDue } from './unread-body.ts'

/**
 * Sets the headers by which browsers let pages of other origins call (CORS), and answers what they ask before they do:
 * true where that was the request.
 */
export function crossOrigin(
  { origins, credentials = false }: NonNullable<GatewayDefinition['cors']>,
  security: SecurityHeaders,
): (exchange: Exchange) => boolean {
  const options = {
    origin: origins.includes('*') ? '*' : [...origins],
    credentials,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: ['x-trace-id', 'retry-after'],
    maxAge: 600,
  }
  const answer = cors(options)
  const pass = cors({ ...options, preflightContinue: true })
  return ({ request, response, method, headers }) => {
    const isPreflight = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined
    if (isPreflight) for (const [name, value] of Object.entries(security)) response.setHeader(name, value)
    if (isPreflight && isBodyDue(request)) response.setHeader('connection', 'close')
    // Neither waits for anything: the origins are known.
    if (isPreflight) answer(request, response, () => undefined)
    else pass(request, response, () => undefined)
    return isPreflight
  }
}

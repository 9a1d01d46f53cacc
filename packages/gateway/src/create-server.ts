import fastifyCompress from '@fastify/compress'
import fastifyCors from '@fastify/cors'
import { JsonText, parseJson } from '@holon/rpc'
import fastify, { type FastifyBodyParser, type FastifyInstance } from 'fastify'

import { createBareAnswers } from './bare-answers.ts'
import type { GatewayDefinition } from './definition/index.ts'
import type { Edge } from './edge.ts'
import { createHttpServer } from './http-server.ts'
import { maxPartLength } from './plan-routes.ts'
import { sendProblem } from './problem-replies.ts'
import { EdgeError } from './problem.ts'
import { securityHeaders, strictTransportSecurity } from './security-headers.ts'

const defaults = { bodyBytes: 1024 * 1024, headerBytes: 16 * 1024, requestTimeoutMs: 15_000 } as const

/** An HTTP server with the gateway's limits, parsers and headers, and no routes yet. */
export async function createServer(definition: GatewayDefinition, edge: Edge): Promise<FastifyInstance> {
  const server = newServer(definition, edge)
  acceptJson(server)
  server.decorateRequest('holonIdentity', undefined)
  server.decorateRequest('holonTrace', undefined)
  server.setErrorHandler((error, _request, reply) => sendProblem(error, reply, edge))
  const headers = securityHeaders()
  // What does not pass here is written by `answerRaw`.
  server.addHook('onSend', (request, reply, _payload, done) => {
    // The reference page has a policy of its own.
    for (const [name, value] of Object.entries(headers)) if (!reply.hasHeader(name)) void reply.header(name, value)
    if (request.headers['x-forwarded-proto'] === 'https')
      void reply.header('strict-transport-security', strictTransportSecurity)
    done()
  })
  // Files are the only routes with a wildcard. Must stand before the plugin, which reads what it sets.
  server.addHook('onRoute', (route) => {
    if (route.url.endsWith('*')) route.compress = {}
  })
  // Compresses where a handler asks for it; as a hook it would look at every small response too.
  await server.register(fastifyCompress, { global: false })
  const { cors } = definition
  if (cors !== undefined && cors.origins.length > 0)
    await server.register(fastifyCors, {
      origin: cors.origins.includes('*') ? '*' : [...cors.origins],
      credentials: cors.credentials ?? false,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: ['x-trace-id', 'retry-after'],
      maxAge: 600,
    })
  return server
}

function newServer({ limits = {} }: GatewayDefinition, edge: Edge): FastifyInstance {
  const requestTimeout = limits.requestTimeoutMs ?? defaults.requestTimeoutMs
  return fastify({
    logger: false,
    bodyLimit: limits.bodyBytes ?? defaults.bodyBytes,
    // Requests on connections that are kept while closing are still answered; they are told to close.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: {
      maxParamLength: maxPartLength,
      // Operations read their query strings themselves, by their contracts.
      querystringParser: () => ({}),
    },
    serverFactory: (handle) =>
      createHttpServer(
        {
          requestTimeout,
          headersTimeout: requestTimeout,
          connectionsCheckingInterval: Math.max(50, Math.min(1000, requestTimeout / 4)),
          keepAliveTimeout: 72_000, // above the 60 s of the usual load balancers, so that they close first
          maxHeaderSize: limits.headerBytes ?? defaults.headerBytes,
        },
        { answers: createBareAnswers(edge.traceIds, securityHeaders()), platform: edge.platform },
        handle,
      ),
    frameworkErrors: (error, _request, reply) => {
      // No hook has run: the request has no route.
      void sendProblem(error, reply.headers(securityHeaders()), edge)
    },
  })
}

/** JSON is the only body that is understood, in UTF-8 (RFC 8259) and not compressed. */
function acceptJson(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  const parse: FastifyBodyParser<Buffer> = (request, bytes, done) => {
    const encoding = request.headers['content-encoding']
    const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1]
    if (encoding !== undefined && encoding !== 'identity')
      return done(new EdgeError('unsupported_media_type', `The body is compressed (${encoding}); send it as it is.`))
    if (charset !== undefined && !/^utf-?8$/i.test(charset))
      return done(new EdgeError('unsupported_media_type', `The body is in ${charset}; JSON is sent in UTF-8.`))
    if (bytes.length === 0) return done(null, undefined)
    // Who needs nothing of it does not look into it: the one reader is the service, so that no two can differ.
    if (request.routeOptions.config.passesBody === true) return done(null, new JsonText(bytes))
    try {
      done(null, parseJson(bytes))
    } catch (error) {
      done(error as Error) // parseJson throws nothing else
    }
  }
  for (const type of ['application/json', /^application\/[\w.+-]+\+json(?:;|$)/])
    server.addContentTypeParser(type, { parseAs: 'buffer' }, parse)
}

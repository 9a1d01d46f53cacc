import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { isRecord, type JsonSchema } from '@holon/contract'
import type { FastifyInstance } from 'fastify'

import { docsPolicy } from './security-headers.ts'

/**
 * `/openapi.json`, written once, and `/docs`: an interactive page over it. The page's files come from this server; it
 * asks no other host for anything.
 */
export async function addDocsPage(server: FastifyInstance, document: JsonSchema): Promise<void> {
  const text = JSON.stringify(document)
  server.get('/openapi.json', (_request, reply) =>
    reply.headers({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' }).compress(text),
  )
  // The plugin's own type of OpenAPI documents lags behind 3.1; it passes the document on as it is.
  await server.register(swagger, { mode: 'static', specification: { document: JSON.parse(text) as never } })
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: docsPolicy(),
    theme: { title: isRecord(document['info']) ? String(document['info']['title']) : '' },
    uiConfig: {
      url: '/openapi.json',
      docExpansion: 'list',
      displayRequestDuration: true,
      persistAuthorization: true,
      tryItOutEnabled: true,
      validatorUrl: null,
      layout: 'BaseLayout', // without a bar that offers to load other documents
    },
  })
}

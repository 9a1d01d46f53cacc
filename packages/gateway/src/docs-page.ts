import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { JsonSchema } from '@holon/contract'

import { compressed } from './compress.ts'
import type { EdgeServer, Handler } from './edge-server.ts'
import { decodedPath, type Edge } from './edge.ts'
import type { Exchange } from './exchange.ts'
import { escaped, operationsPage, titleOf } from './operations-page.ts'
import { docsPolicy } from './security-headers.ts'
import { serveFile, type Site } from './serve-file.ts'

/** The npm package that has the page's files; without it there is a list of what can be called. */
const filesPackage = '@fastify/swagger-ui'
const files = '/docs/static'

/**
 * `/openapi.json`, written once, and `/docs`: an interactive page over it. The page's files come from this server; it
 * asks no other host for anything.
 */
export function addDocsPage(server: EdgeServer, document: JsonSchema, edge: Edge): void {
  const add = (path: string, handle: Handler): void => server.route({ method: 'GET', path, head: true, handle })
  const sendText =
    (type: string, body: string, more: Readonly<Record<string, string>> = {}): Handler =>
    (exchange) => {
      const headers = { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-cache', ...more }
      edge.answer(exchange, compressed(exchange, { status: 200, headers, body }))
    }
  add('/openapi.json', sendText('application/json', JSON.stringify(document)))
  const root = filesFolder()
  if (root === undefined) return add('/docs', sendText('text/html', operationsPage(document, filesPackage)))
  add('/docs', sendText('text/html', pageOf(titleOf(document)), { 'content-security-policy': docsPolicy() }))
  add(`${files}/start.js`, sendText('text/javascript', start))
  const site: Site = { root, allows: () => true, cacheControl: () => 'public, max-age=3600' }
  add(`${files}/*`, async (exchange: Exchange) => {
    const path = decodedPath(exchange.path).slice(files.length)
    if (!(await serveFile(exchange, path, { site, edge }))) server.answerNotFound(exchange)
  })
}

/** Where the files of Swagger UI are; undefined where nobody has installed them. */
function filesFolder(): string | undefined {
  try {
    return join(dirname(fileURLToPath(import.meta.resolve(filesPackage))), 'static')
  } catch {
    return undefined
  }
}

function pageOf(title: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escaped(title)}</title>
    <link rel="stylesheet" href="${files}/swagger-ui.css">
    <link rel="icon" type="image/png" href="${files}/favicon-32x32.png">
  </head>
  <body>
    <div id="page"></div>
    <script src="${files}/swagger-ui-bundle.js"></script>
    <script src="${files}/start.js"></script>
  </body>
</html>
`
}

const start = `SwaggerUIBundle(${JSON.stringify({
  dom_id: '#page',
  url: '/openapi.json',
  docExpansion: 'list',
  displayRequestDuration: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  layout: 'BaseLayout', // without a bar that offers to load other documents
})})
`

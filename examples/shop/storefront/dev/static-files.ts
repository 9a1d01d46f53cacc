import { readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const catalogData = fileURLToPath(new URL('../../catalog-data/', import.meta.url))

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

/** Serves the pictures, the build, and its page for every path of the client-side router. */
export async function serveFile(pathname: string, response: ServerResponse): Promise<void> {
  const path = normalize(decodeURIComponent(pathname))
  const isFile = extname(path) !== ''
  const root = path.startsWith('/images/') ? catalogData : dist
  try {
    const name = isFile ? path : '/index.html'
    const content = await readFile(join(root, name))
    response.writeHead(200, {
      'content-type': types[extname(name)] ?? 'application/octet-stream',
      'content-security-policy': "default-src 'self'",
      'cache-control': 'no-store',
    })
    response.end(content)
  } catch {
    response.writeHead(404, { 'content-type': 'text/plain' }).end(`no file ${path}; was the storefront built?`)
  }
}

import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { GatewayDefinition } from './definition/index.ts'
import type { EdgeServer } from './edge-server.ts'
import { decodedPath } from './edge.ts'
import type { Exchange } from './exchange.ts'
import { ownPaths } from './plan-routes.ts'
import { serveFile, type Serving, type Site } from './serve-file.ts'

type StaticDirectory = NonNullable<GatewayDefinition['static']>[number]

const page = 'index.html'
const defaultMaxAgeS = 300

/**
 * Serves the directories. Files below the API's prefix or the gateway's own paths are never served, nor those outside of a
 * directory or whose names begin with a dot: whatever the path is called, and whatever links lead to them.
 */
export function addStaticFiles(server: EdgeServer, { directories, prefix }: StaticFiles, edge: Serving['edge']): void {
  for (const directory of directories) {
    const { at } = directory
    const site = siteOf(directory, prefix)
    const handle = async (exchange: Exchange): Promise<void> => {
      // Not the router's parameter, in which an encoded slash is one: what counts is what the file system reads.
      const path = decodedPath(exchange.path).slice(at === '/' ? 0 : at.length)
      if (!(await serveFile(exchange, path, { site, edge }))) server.answerNotFound(exchange)
    }
    server.route({ method: 'GET', path: posix.join(at, '*'), head: true, handle })
  }
}

export interface StaticFiles {
  readonly directories: readonly StaticDirectory[]
  /** Of the API. */
  readonly prefix: string
}

function siteOf({ at, directory, maxAgeS = defaultMaxAgeS }: StaticDirectory, prefix: string): Site {
  return {
    root: fileURLToPath(directory),
    allows: (path) => !isReserved(posix.join(at, path), prefix),
    cacheControl: (path) => cacheControlOf(path, maxAgeS),
  }
}

/** The directories that are not there (a front end that nobody has built, most likely), each in a sentence. */
export function missingDirectories(directories: readonly StaticDirectory[]): readonly string[] {
  return directories
    .map(({ at, directory }) => ({ at, path: fileURLToPath(directory) }))
    .filter(({ path }) => !existsSync(path))
    .map(({ at, path }) => `Nothing is served at ${at} until ${path} is there: build what belongs into it.`)
}

/** How long a file may be kept: for ever where a change gives it a new name, not unasked where it names others. */
export function cacheControlOf(path: string, maxAgeS: number): string {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
  if (name.endsWith('.html')) return 'no-cache'
  const isHashed = /[.-](?=[0-9a-f]*\d)[0-9a-f]{8,}\.\w+(?:\.map)?$/.test(name)
  // Vite writes what it names by content to `assets`, with eight characters of Base64 that a word could be mistaken for.
  const isBuilt = /[/\\]assets[/\\]/.test(path) && /-[\w-]{8}\.\w+(?:\.map)?$/.test(name)
  return isHashed || isBuilt ? 'public, max-age=31536000, immutable' : `public, max-age=${maxAgeS}`
}

/**
 * Answers a browser's navigation to an unknown path with the page of the single-page app there, which knows what to
 * show; false where it is no navigation, or where the path belongs to the API.
 */
export function pageFallback(
  { directories, prefix }: StaticFiles,
  edge: Serving['edge'],
): (exchange: Exchange) => boolean | Promise<boolean> {
  const apps = directories.filter(({ spa }) => spa === true).toSorted((a, b) => b.at.length - a.at.length)
  return (exchange) => {
    const isRead = exchange.method === 'GET' || exchange.method === 'HEAD'
    if (!isRead || exchange.headers.accept?.includes('text/html') !== true) return false
    const path = posix.normalize(decodedPath(exchange.path))
    const app = apps.find(({ at }) => isBelow(path, at))
    if (app === undefined || isReserved(path, prefix) || /(?:^|\/)\./.test(path)) return false
    // False also where a front end is not built yet, or just being built again.
    return serveFile(exchange, `/${page}`, { site: siteOf(app, prefix), edge })
  }
}

/** `path` is decoded. */
function isReserved(path: string, prefix: string): boolean {
  return [...ownPaths, ...(prefix === '' ? [] : [prefix])].some((own) => isBelow(path, own))
}

function isBelow(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`)
}

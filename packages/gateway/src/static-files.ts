import { existsSync, realpathSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import type { GatewayDefinition } from './definition/index.ts'
import { decodedPath, requestPath } from './edge.ts'
import { ownPaths } from './plan-routes.ts'

type StaticDirectory = NonNullable<GatewayDefinition['static']>[number]

const page = 'index.html'
const defaultMaxAgeS = 300

/**
 * Serves the directories. Files below the API's prefix or the gateway's own paths are never served, nor those outside of a
 * directory or whose names begin with a dot: whatever the path is called, and whatever links lead to them.
 */
export async function addStaticFiles(
  server: FastifyInstance,
  directories: readonly StaticDirectory[],
  prefix: string,
): Promise<void> {
  for (const [index, { at, directory, maxAgeS }] of directories.entries()) {
    await server.register(fastifyStatic, {
      root: fileURLToPath(directory),
      prefix: at,
      decorateReply: index === 0,
      dotfiles: 'ignore',
      cacheControl: false,
      setHeaders: (reply, path) => {
        void reply.header('cache-control', cacheControlOf(path, maxAgeS ?? defaultMaxAgeS))
      },
      // The path is decoded, and below `at`; asked again where it is another file that is sent for it.
      allowedPath: (path, root) => isServed(join('/', path), { root: rootOf(root), at, prefix }),
    })
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
 * show; undefined where it is no navigation, or where the path belongs to the API.
 */
export function pageFallback(
  directories: readonly StaticDirectory[],
  prefix: string,
): (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined {
  const apps = directories.filter(({ spa }) => spa === true).toSorted((a, b) => b.at.length - a.at.length)
  return (request, reply) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (!isRead || request.headers.accept?.includes('text/html') !== true) return undefined
    const path = posix.normalize(decodedPath(requestPath(request)))
    const app = apps.find(({ at }) => isBelow(path, at))
    if (app === undefined || isReserved(path, prefix) || /(?:^|\/)\./.test(path)) return undefined
    const directory = fileURLToPath(app.directory)
    // A front end that is not built yet, or just being built again.
    if (!existsSync(join(directory, page))) return undefined
    return reply.code(200).sendFile(page, directory)
  }
}

interface Site {
  readonly root: string
  readonly at: string
  readonly prefix: string
}

/** Whether a path of a site may be looked for: both as it is called, and as what it is once links are followed. */
function isServed(path: string, { root, at, prefix }: Site): boolean {
  if (isReserved(posix.join(at, path), prefix)) return false
  const real = realPath(join(root, path))
  if (real === undefined) return true // nothing is there
  const inside = relative(realPath(root) ?? root, real).split(sep)
  return !inside.some((part) => part.startsWith('.')) && !isReserved(posix.join(at, ...inside), prefix)
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

/** There is one root for each plugin; its type allows for lists. */
function rootOf(root: string | readonly string[] | undefined): string {
  return typeof root === 'string' ? root : ''
}

/** `path` is decoded. */
function isReserved(path: string, prefix: string): boolean {
  return [...ownPaths, ...(prefix === '' ? [] : [prefix])].some((own) => isBelow(path, own))
}

function isBelow(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`)
}

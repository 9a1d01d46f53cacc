import { ReadStream, realpathSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'

import send from '@fastify/send'
import { fieldOf } from '@holon/contract'

import { compressed, isCompressible, varying } from './compress.ts'
import type { Edge } from './edge.ts'
import type { Exchange } from './exchange.ts'
import { watchFile } from './watch-file.ts'

/** The files of a directory as they are reached from outside. */
export interface Site {
  readonly root: string
  /** Whether a path below the root, with a slash at its beginning, may be sent. Dotfiles never are. */
  readonly allows: (path: string) => boolean
  /** `Cache-Control` of a file. */
  readonly cacheControl: (path: string) => string
}

/** What a path is not, or may not be. */
class NotServed extends Error {}

/**
 * Sends the file at `path`, decoded and with a slash at its beginning: with its type, by range, not again where the client
 * has it, compressed where that helps. Whatever links lead to it, it lies below the root, and its own path is one that the
 * site allows.
 *
 * @returns false where there is no such file, and nothing was sent.
 */
export async function serveFile(exchange: Exchange, path: string, { site, edge }: Serving): Promise<boolean> {
  // One spelling for each file: what another one led to would be judged as something else.
  if (/[\\\0]/.test(path) || posix.normalize(path) !== path || !isServed(path, site)) return false
  const result = await send(exchange.request, path.split('/').map(encodeURIComponent).join('/'), {
    root: site.root,
    dotfiles: 'ignore',
    cacheControl: false,
    acceptRanges: !asksByTag(exchange),
    // The page of a folder is another file than the folder.
    onFile: (file) => {
      if (!isServed(`/${relative(site.root, file).split(sep).join('/')}`, site)) throw new NotServed()
    },
  }).catch((error: unknown) => {
    if (error instanceof NotServed) return undefined
    throw error
  })
  if (result === undefined) return false
  if (result.type === 'directory') return path.endsWith('/') ? false : serveFile(exchange, `${path}/`, { site, edge })
  if (result.type === 'error') {
    const { error } = result.metadata
    // A link that leads to itself leads to no file.
    if (result.statusCode === 404 || fieldOf(error, 'code') === 'ELOOP') return false
    throw error
  }
  const { statusCode, headers, stream } = result
  if (stream instanceof ReadStream)
    await watchFile(stream, { bytes: Number(headers['Content-Length']), exchange, observer: edge.observer })
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const { path: file, stat } = result.metadata
  // What is not the whole file, or says that it is unchanged, is kept as the whole one is (RFC 9110, 15.4.5).
  const varies = statusCode !== 200 && isCompressible(send.mime.getType(file) ?? undefined, stat.size)
  const answer = {
    status: statusCode,
    headers: { ...named, ...(varies && varying), 'cache-control': site.cacheControl(file) },
    body: stream,
  }
  edge.answer(exchange, compressed(exchange, answer))
  return true
}

export interface Serving {
  readonly site: Site
  readonly edge: Pick<Edge, 'answer' | 'observer'>
}

/**
 * Whether a range is asked for only where the file has still the same tag. Tags tell of sizes and times and are weak, so that
 * none proves it: the whole file is sent (RFC 9110, 13.1.5).
 */
function asksByTag({ headers }: Exchange): boolean {
  const condition = headers['if-range']
  return condition !== undefined && condition.includes('"')
}

/** Both as it is called, and as what it is once links are followed and written as the file system writes it. */
function isServed(path: string, { root, allows }: Site): boolean {
  if (!allows(path)) return false
  const real = realPath(join(root, path))
  if (real === undefined) return true // nothing is there
  const inside = relative(realPath(root) ?? root, real).split(sep)
  return !inside.some((part) => part.startsWith('.')) && allows(`/${inside.join('/')}`)
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path)
  } catch {
    return undefined
  }
}

import { cp, mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname } from 'node:path'

import type { Platform } from '@holon/contract'

/** What belongs to one run of a server. */
const ofOneRun = ['owner.json', 'port', 'postmaster.pid', 'postmaster.opts']

/** Copies the data of a server that has ended into `directory`, if there is any. */
export async function restoreCache(cache: string, directory: string): Promise<void> {
  try {
    await cp(cache, directory, { recursive: true })
  } catch {
    // There is none, or another process is just replacing it. Half of it is none.
    await rm(directory, { recursive: true, force: true })
    await mkdir(directory, { mode: 0o700 })
  }
}

/** Puts the data of a server that has ended in the place of what is there: as a whole, whoever reads or does so at the same time. */
export async function saveCache(directory: string, cache: string, platform: Platform): Promise<void> {
  const nonce = Buffer.from(platform.randomBytes(6)).toString('hex')
  const [draft, old] = [`${cache}.new-${nonce}`, `${cache}.old-${nonce}`]
  try {
    await mkdir(dirname(cache), { recursive: true })
    await cp(directory, draft, { recursive: true, filter: (path) => !ofOneRun.includes(basename(path)) })
    await rename(cache, old).catch(() => undefined)
    await rename(draft, cache)
  } catch {
    // Another was quicker, or there is no room: the next run makes its templates anew.
  } finally {
    await Promise.all([draft, old].map((path) => rm(path, { recursive: true, force: true, maxRetries: 5 })))
  }
}

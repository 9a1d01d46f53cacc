import { link, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { ServiceError } from '@holon/contract/error'

import { startTimeOf } from './processes.ts'

interface Owner {
  readonly pid: number
  readonly startTime: string | undefined
}

/**
 * Marks the directory as this process's, so that a second supervisor does not take the first one's server for an orphan.
 * The claim of a process that no longer runs is void. Resolves to the function that gives the directory back. `nonce` tells
 * apart who tries at the same time in one process.
 */
export async function claimDirectory(directory: string, nonce: string): Promise<() => Promise<void>> {
  const path = join(directory, 'owner.json')
  const mine = JSON.stringify({ pid: process.pid, startTime: await startTimeOf(process.pid) })
  for (let tries = 0; tries < 10; tries += 1) {
    if (await createOnly(path, mine, nonce)) return () => rm(path, { force: true })
    const theirs = await readFile(path, 'utf8').catch(() => undefined)
    if (theirs === undefined) continue
    const owner = parseOwner(theirs)
    if (owner && (await isRunning(owner))) throw inUse(directory, owner.pid)
    await discard(path, theirs, nonce)
  }
  throw inUse(directory, undefined)
}

/** Through a link, so that nobody ever reads half a claim. */
async function createOnly(path: string, text: string, nonce: string): Promise<boolean> {
  const draft = `${path}.${process.pid}-${nonce}.new`
  await writeFile(draft, text, { mode: 0o600 })
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    await unlink(draft)
  }
}

/** Two who find the same void claim must not both win: who moved away something else than it read puts it back. */
async function discard(path: string, expected: string, nonce: string): Promise<void> {
  const aside = `${path}.${process.pid}-${nonce}`
  try {
    await rename(path, aside)
  } catch {
    return // the other one was quicker
  }
  const found = await readFile(aside, 'utf8')
  if (found !== expected) await createOnly(path, found, nonce)
  await unlink(aside)
}

/** Undefined for what no Holon process wrote, or a disk lost. */
function parseOwner(text: string): Owner | undefined {
  try {
    // A file of Holon's own, of which a crash may have left a part: then pid is looked at, or parsing fails.
    const { pid, startTime } = JSON.parse(text) as Partial<Owner>
    return typeof pid === 'number' ? { pid, startTime } : undefined
  } catch {
    return undefined
  }
}

async function isRunning({ pid, startTime }: Owner): Promise<boolean> {
  const found = await startTimeOf(pid)
  return found !== undefined && found === startTime
}

function inUse(directory: string, pid: number | undefined): ServiceError {
  return new ServiceError(
    'failed_precondition',
    `The embedded PostgreSQL in ${directory} is in use by ${pid === undefined ? 'another process' : `process ${pid}`}. ` +
      'Stop that one first, or use another directory.',
  )
}

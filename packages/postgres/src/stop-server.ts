import { readFile, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { Platform } from '@holon/contract'
import { ServiceError } from '@holon/contract/error'

import { findServerProcesses, hasEndedWithin, isAlive, sendSignal } from './processes.ts'

const fastShutdownMs = 10_000
const immediateShutdownMs = 5_000
const killMs = 5_000

/**
 * Ends a server: a fast shutdown breaks off transactions and writes everything down; an immediate one leaves that to the
 * next start; SIGKILL is for a server that does not react at all. Each is safe for the data. `endsWithin` waits for it.
 */
export async function stopServer(pid: number, endsWithin: (timeoutMs: number) => Promise<boolean>): Promise<void> {
  sendSignal(pid, 'SIGINT')
  if (await endsWithin(fastShutdownMs)) return
  sendSignal(pid, 'SIGQUIT')
  if (await endsWithin(immediateShutdownMs)) return
  sendSignal(pid, 'SIGKILL')
  await endsWithin(killMs)
}

/** Ends whatever a supervisor that was killed has left running over `data`, and removes its lock file if that lies. */
export async function stopOrphans(data: string, platform: Platform): Promise<void> {
  const directory = await realpath(data).catch(() => undefined)
  if (directory === undefined) return
  const lockFile = join(directory, 'postmaster.pid')
  const recorded = await readPid(lockFile)
  const processes = await findServerProcesses(directory, recorded)
  if (recorded !== undefined && processes.includes(recorded)) {
    await stopServer(recorded, (timeoutMs) => hasEndedWithin(platform, recorded, timeoutMs))
  }
  // Children of a postmaster that was killed end by themselves, but only once they are done with what they do.
  for (const pid of await findServerProcesses(directory, recorded)) await killChild(pid, { data, platform })
  // Process ids are used again, above all in containers; PostgreSQL would take the new owner of the id for a server.
  if (recorded !== undefined && isAlive(recorded)) await rm(lockFile, { force: true })
}

async function killChild(
  pid: number,
  { data, platform }: { readonly data: string; readonly platform: Platform },
): Promise<void> {
  if (await hasEndedWithin(platform, pid, 1_000)) return
  sendSignal(pid, 'SIGKILL')
  if (await hasEndedWithin(platform, pid, killMs)) return
  throw new ServiceError('unavailable', `Process ${pid} still uses the database in ${data} and cannot be ended.`)
}

async function readPid(lockFile: string): Promise<number | undefined> {
  const text = await readFile(lockFile, 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  return pid > 0 ? pid : undefined
}

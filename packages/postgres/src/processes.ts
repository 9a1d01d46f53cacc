import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { promisify } from 'node:util'

import { delay, type Platform } from '@holon/contract/platform'

const runFile = promisify(execFile)

/** Whether a process with this id exists, whoever it belongs to. */
export function isAlive(pid: number): boolean {
  return sendSignal(pid, 0)
}

/** Sends a signal. False if there is no such process. */
export function sendSignal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Resolves to whether the process ended in time. For processes that are not our children. */
export async function hasEndedWithin(platform: Platform, pid: number, timeoutMs: number): Promise<boolean> {
  const giveUpAt = platform.monotonicMs() + timeoutMs
  while (isAlive(pid)) {
    if (platform.monotonicMs() >= giveUpAt) return false
    await delay(platform, 10)
  }
  return true
}

/** Tells a process from a later one with the same id. Undefined if it does not run. */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return describe(pid, 'lstart=')
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    // Field 22, counted from behind the name, which may contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return `${boot.trim()} ${fields[19]}`
  } catch {
    return undefined
  }
}

/** The processes of a PostgreSQL server over `data`, the postmaster and its children: all of them work in that directory. */
export async function findServerProcesses(data: string, postmaster: number | undefined): Promise<readonly number[]> {
  if (process.platform === 'linux') {
    const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0)
    const found = await Promise.all(pids.map(async (pid) => ((await worksIn(pid, data)) ? pid : undefined)))
    return found.filter((pid) => pid !== undefined)
  }
  const command = postmaster === undefined ? undefined : await describe(postmaster, 'command=')
  return postmaster !== undefined && command?.includes(data) ? [postmaster] : []
}

async function worksIn(pid: number, directory: string): Promise<boolean> {
  try {
    if ((await readlink(`/proc/${pid}/cwd`)) !== directory) return false
    return (await readFile(`/proc/${pid}/comm`, 'utf8')).trim() === 'postgres'
  } catch {
    return false // ended meanwhile
  }
}

async function describe(pid: number, column: string): Promise<string | undefined> {
  try {
    const { stdout } = await runFile('ps', ['-o', column, '-p', String(pid)])
    return stdout.trim() || undefined
  } catch {
    return undefined
  }
}

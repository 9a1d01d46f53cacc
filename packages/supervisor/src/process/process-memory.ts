import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'

/**
 * Memory that processes take together, in bytes: pages that they share (most of Node itself) counted once, which adding
 * up their resident memory does not. Undefined where the system does not tell.
 */
export async function sharedBytes(pids: readonly number[]): Promise<number | undefined> {
  const parts = await Promise.all(pids.map((pid) => fromProc(pid, 'smaps_rollup', /^Pss:\s+(\d+) kB$/m)))
  const known = parts.filter((part) => part !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, part) => sum + part, 0)
}

/** Resident memory of processes in bytes; those that are gone, or cannot be asked, are left out. */
export async function residentBytes(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const found = await Promise.all(
    pids.map(async (pid) => [pid, await fromProc(pid, 'status', /^VmRSS:\s+(\d+) kB$/m)] as const),
  )
  const known = found.flatMap(([pid, bytes]) => (bytes === undefined ? [] : [[pid, bytes] as const]))
  return known.length > 0 || pids.length === 0 ? new Map(known) : fromPs(pids)
}

async function fromProc(pid: number, file: string, line: RegExp): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
  const kilobytes = line.exec(text)?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}

/** Where there is no /proc. */
function fromPs(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'pid=,rss=', '-p', pids.join(',')], (error, stdout) => {
      const rows = error === null ? stdout.trim().split('\n') : []
      resolve(
        new Map(
          rows.map((row) => {
            const [pid = 0, kilobytes = 0] = row.trim().split(/\s+/).map(Number)
            return [pid, kilobytes * 1024] as const
          }),
        ),
      )
    })
  })
}

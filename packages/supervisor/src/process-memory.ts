import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'

/** Resident memory of processes in bytes; those that are gone, or cannot be asked, are left out. */
export async function residentBytes(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const found = await Promise.all(pids.map(async (pid) => [pid, await fromProc(pid)] as const))
  const known = found.flatMap(([pid, bytes]) => (bytes === undefined ? [] : [[pid, bytes] as const]))
  return known.length > 0 || pids.length === 0 ? new Map(known) : fromPs(pids)
}

async function fromProc(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
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

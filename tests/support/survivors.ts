import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Processes that carry a path in their environment or arguments, zombies left out. */
export function processesOf(base: string): readonly number[] {
  const read = (pid: string, file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8')
    } catch {
      return ''
    }
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => read(pid, 'environ').includes(base) || read(pid, 'cmdline').includes(base))
    .filter((pid) => !/^State:\s+Z/m.test(read(pid, 'status')))
    .map(Number)
}

/** Resolves when nothing runs any more; rejects with what does. */
export async function untilNothing(survivors: () => readonly number[], timeoutMs: number): Promise<void> {
  const endMs = Date.now() + timeoutMs
  while (survivors().length > 0) {
    if (Date.now() > endMs) {
      const named = survivors().map(
        (pid) => `${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`,
      )
      throw new Error(`Still running after ${timeoutMs} ms:\n${named.join('\n')}`)
    }
    await sleep(50)
  }
}

/** Ends at once whatever still runs. */
export async function endAll(survivors: () => readonly number[]): Promise<void> {
  for (const pid of survivors()) kill(pid)
  await untilNothing(survivors, 10_000)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}

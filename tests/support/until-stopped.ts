import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

const longestMs = 30_000

/**
 * Resolves when no thread of a process that got SIGSTOP goes on. On a busy machine that is later than when it was sent: until
 * the thread that gets the signal has its turn, the others work. Where there is no /proc, at once.
 */
export async function untilStopped(pid: number): Promise<void> {
  const endMs = Date.now() + longestMs
  while (threadStates(pid).some((state) => !/[Tt]/.test(state))) {
    if (Date.now() > endMs) throw new Error(`Process ${pid} was not stopped within ${longestMs} ms.`)
    await pause(1)
  }
}

function threadStates(pid: number): readonly string[] {
  const folder = `/proc/${pid}/task`
  if (process.platform !== 'linux') return []
  return readdirSync(folder).flatMap((thread) => {
    try {
      const status = readFileSync(`${folder}/${thread}/status`, 'utf8')
      return /^State:\s+(\w)/m.exec(status)?.[1] ?? '?'
    } catch {
      return [] // It has ended meanwhile.
    }
  })
}

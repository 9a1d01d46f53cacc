import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningCommand {
  readonly pid: number
  /** Everything written so far, to both streams. */
  output(): string
  /** Resolves with the match once the output from `from` on has it. */
  until(pattern: RegExp, options?: { readonly from?: number; readonly timeoutMs?: number }): Promise<RegExpExecArray>
  signal(signal: NodeJS.Signals): void
  /** Its exit code, or the signal that ended it. */
  ended(timeoutMs?: number): Promise<number | string>
}

/** Vitest and npm leave variables behind that change what Node and colours do. */
export function cleanEnvironment(): Record<string, string | undefined> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'USER']
  return Object.fromEntries(kept.map((name) => [name, process.env[name]]))
}

/** Waits for its end, `timeoutMs` at most. */
export async function finish(child: ChildProcess, timeoutMs = 75_000): Promise<Finished> {
  let [stdout, stderr] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close', { signal: AbortSignal.timeout(timeoutMs) })) as [number | null]
  return { code, stdout, stderr }
}

/** Lets it run, and hears what it writes. */
export function follow(child: ChildProcess): RunningCommand {
  let text = ''
  const changed = new EventTarget()
  const note = (more: string): void => {
    text += more
    changed.dispatchEvent(new Event('change'))
  }
  child.stdout?.setEncoding('utf8').on('data', note)
  child.stderr?.setEncoding('utf8').on('data', note)
  child.stdout?.once('close', () => note(''))
  const exit = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(signal ?? code ?? -1)
      note('')
    })
  })
  return {
    pid: child.pid ?? 0,
    output: () => text,
    async until(pattern, { from = 0, timeoutMs = 60_000 } = {}) {
      const giveUp = AbortSignal.timeout(timeoutMs)
      for (;;) {
        const match = pattern.exec(text.slice(from))
        if (match) return match
        if (child.stdout?.closed === true) throw new Error(`It ended without ${pattern}:\n${text}`)
        await once(changed, 'change', { signal: giveUp }).catch(() => {
          throw new Error(`There was no ${pattern} within ${timeoutMs} ms:\n${text}`)
        })
      }
    },
    signal: (signal) => void child.kill(signal),
    async ended(timeoutMs = 30_000) {
      const late = sleep(timeoutMs, undefined, { ref: false }).then(() => {
        throw new Error(`It did not end within ${timeoutMs} ms:\n${text}`)
      })
      return Promise.race([exit, late])
    },
  }
}

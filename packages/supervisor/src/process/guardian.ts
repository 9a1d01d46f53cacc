import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { systemReason } from '@holon/contract/system-reason'

/** What the guardian ends when the supervisor is gone. */
export interface Ward {
  /** A pid, or minus a pid for its whole process group. */
  readonly target: number
  readonly signal: 'SIGTERM' | 'SIGINT'
  /** Databases end after everything that uses them. */
  readonly stage: 'process' | 'database'
}

/**
 * A tiny process that ends what the supervisor started when the supervisor cannot do it any more, because it was killed
 * with SIGKILL. In a session of its own, so that Ctrl-C does not reach it.
 */
export interface Guardian {
  readonly pid: number | undefined
  /** From now on it ends `ward`; the returned function says that it is gone. */
  watch(ward: Ward): () => void
  /** Ends the guardian; it ends what it still watches. Idempotent. */
  close(): Promise<void>
}

// By its name and not by its place beside this module, which a build may move.
const script = fileURLToPath(import.meta.resolve('@holon/supervisor/guardian.sh'))

/** Starts the guardian. `onLost` hears when it had to be replaced, because somebody killed it, or when there is none. */
export function startGuardian(onLost: (detail: string) => void): Guardian {
  const wards = new Set<string>()
  let process: ChildProcess
  let closing = false
  let gone = Promise.resolve()

  const begin = (): void => {
    const child = spawn('/bin/sh', [script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    process = child
    // Not waited for by whoever runs the supervisor.
    child.unref()
    // A guardian that was killed breaks the pipe; its exit is what counts.
    child.stdin?.on('error', () => undefined)
    gone = new Promise((resolve) => {
      const lost = (): void => {
        resolve()
        if (closing || process !== child) return
        // At once: until the new one runs, nobody watches.
        begin()
        onLost('it was killed; a new one runs')
      }
      child.once('exit', lost)
      child.once('error', (error) => {
        resolve()
        onLost(`${systemReason(error) ?? error.message}; what runs here survives a supervisor that is killed`)
      })
    })
    for (const ward of wards) child.stdin?.write(`add ${ward}\n`)
  }
  begin()

  const tell = (verb: 'add' | 'del', ward: string): void => {
    if (!closing) process.stdin?.write(`${verb} ${ward}\n`)
  }
  return {
    get pid() {
      return process.pid
    },
    watch({ target, signal, stage }) {
      const ward = `${stage === 'database' ? 2 : 1}:${signal.slice(3)}:${target}`
      wards.add(ward)
      tell('add', ward)
      return () => {
        if (wards.delete(ward)) tell('del', ward)
      }
    },
    async close() {
      closing = true
      process.stdin?.end()
      await gone
    },
  }
}

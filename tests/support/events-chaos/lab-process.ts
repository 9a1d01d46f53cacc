import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import type { FromLab, LabAssignment, ToLab } from '../../fixtures/events-lab/run-service.ts'

const program = fileURLToPath(new URL('../../fixtures/events-lab/run-service.ts', import.meta.url))
/** The machine may be busy, and the bus away for ten seconds of it. */
const answerWithinMs = 90_000

/** A process of the lab: the producer `ledger`, or one of the replicas `mirror-1` and `mirror-2` of the consumer. */
export interface LabProcess {
  readonly name: string
  readonly version: 1 | 2
  /** How often it has ended without being killed from here. */
  readonly deaths: number
  start(change?: Partial<LabAssignment>): Promise<void>
  kill(): Promise<void>
  /** SIGSTOP and SIGCONT: it is there, but does nothing. */
  freeze(): void
  thaw(): void
  /** From now on it is started again whenever it ends by itself, until the returned function is called. */
  keepAlive(): () => void
  send(message: ToLab): void
  /** Resolves with the next message of that kind. */
  hear<K extends FromLab['kind']>(kind: K): Promise<Extract<FromLab, { readonly kind: K }>>
}

export function labProcess(first: LabAssignment): LabProcess {
  let assignment = first
  let child: ChildProcess | undefined
  let deaths = 0
  let kept = false
  const runs = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null
  const onDeath = (): void => {
    deaths += 1
    if (kept) process.start().catch((error: unknown) => console.error(`${process.name} did not come back:`, error))
  }
  const process: LabProcess = {
    name: first.replica,
    get version() {
      return assignment.version
    },
    get deaths() {
      return deaths
    },
    start: async (change = {}) => {
      assignment = { ...assignment, ...change }
      child = fork(program, [JSON.stringify(assignment)], { execArgv: [] })
      child.once('exit', onDeath)
      await process.hear('ready')
    },
    kill: async () => {
      child?.removeListener('exit', onDeath)
      if (child === undefined || !runs()) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    keepAlive: () => {
      kept = true
      return () => (kept = false)
    },
    send: (told) => void child?.send(told),
    hear: async <K extends FromLab['kind']>(kind: K) => {
      if (child === undefined) throw new Error(`${process.name} has not been started.`)
      const over = new AbortController()
      const exited = once(child, 'exit', { signal: over.signal }).then(() => {
        throw new Error(`${process.name} has ended.`)
      })
      exited.catch(() => undefined)
      try {
        for (;;) {
          const signal = AbortSignal.any([over.signal, AbortSignal.timeout(answerWithinMs)])
          const [received] = (await Promise.race([once(child, 'message', { signal }), exited])) as [FromLab]
          if (isOf(received, kind)) return received
        }
      } finally {
        over.abort()
      }
    },
  }
  return process
}

function isOf<K extends FromLab['kind']>(message: FromLab, kind: K): message is Extract<FromLab, { readonly kind: K }> {
  return message.kind === kind
}

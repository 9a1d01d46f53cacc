import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

import { ServiceError } from '@holon/contract/error'
import { type Deadline, inTime, type Platform, within } from '@holon/contract/platform'

import type { Launcher } from './launcher.ts'
import { serverArguments } from './server-arguments.ts'
import { stopServer } from './stop-server.ts'

/** How a server ended: by itself with a code, or by a signal. */
export interface ServerExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A running server process. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  readonly exited: Promise<ServerExit>
  /** Ends it: fast shutdown, then, if that takes too long, immediate shutdown, then SIGKILL. */
  stop(): Promise<void>
}

/** The input of {@link startPostmaster}. */
export interface PostmasterOptions {
  readonly launcher: Launcher
  readonly program: string
  readonly data: string
  readonly maxConnections: number
  readonly disposable: boolean
  readonly platform: Platform
  readonly onLog: (line: string) => void
  readonly startTimeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** What became of one try to start. The last two are worth another one. */
export type StartOutcome =
  | { readonly state: 'ready'; readonly postmaster: Postmaster }
  | { readonly state: 'port-taken' }
  | { readonly state: 'predecessor-dying' }

const readyLine = /database system is ready to accept connections/
const portTaken = /could not bind IPv4 address.*in use/i
/** A server that was killed, whose last processes are about to notice. */
const predecessorDying = /pre-existing shared memory block .* is still in use/
const keptLines = 20

/** Starts the server on a port. Rejects with the server's last lines for reasons that will not pass. */
export async function startPostmaster(options: PostmasterOptions, port: number): Promise<StartOutcome> {
  const child = options.launcher.spawn(options.program, serverArguments({ ...options, port }))
  const output = followOutput(child, options.onLog)
  try {
    const ended = once(child, 'close').then(() => 'ended' as const)
    const outcome = await inTime(startDeadline(options), Promise.race([output.ready, ended]))
    if (outcome === 'ready' && child.pid !== undefined) {
      return { state: 'ready', postmaster: toPostmaster(child, child.pid, { ...options, port }) }
    }
  } catch (error) {
    child.kill('SIGQUIT')
    throw error
  }
  const lines = output.last()
  if (portTaken.test(lines)) return { state: 'port-taken' }
  if (predecessorDying.test(lines)) return { state: 'predecessor-dying' }
  throw new ServiceError('failed_precondition', `The embedded PostgreSQL in ${options.data} did not start:\n${lines}`)
}

function startDeadline({ platform, startTimeoutMs, data, signal }: PostmasterOptions): Deadline {
  const message = `The embedded PostgreSQL in ${data} was not ready within ${startTimeoutMs} ms.`
  return { platform, signal, timeoutMs: startTimeoutMs, timeoutError: () => new ServiceError('unavailable', message) }
}

function followOutput(
  child: ChildProcess,
  onLog: (line: string) => void,
): { readonly ready: Promise<'ready'>; last(): string } {
  const lines: string[] = []
  const ready = Promise.withResolvers<'ready'>()
  if (child.stderr) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line)
      if (lines.length > keptLines) lines.shift()
      if (readyLine.test(line)) ready.resolve('ready')
      onLog(line)
    })
  }
  return { ready: ready.promise, last: () => lines.join('\n') }
}

function toPostmaster(
  child: ChildProcess,
  pid: number,
  options: PostmasterOptions & { readonly port: number },
): Postmaster {
  const exited = new Promise<ServerExit>((resolve) => {
    const { exitCode: code, signalCode: signal } = child
    if (code !== null || signal !== null) resolve({ code, signal })
    else child.once('exit', (exitCode, signalCode) => resolve({ code: exitCode, signal: signalCode }))
  })
  return {
    pid,
    port: options.port,
    exited,
    stop: () => stopServer(pid, (timeoutMs) => within(options.platform, timeoutMs, exited)),
  }
}

import { spawn } from 'node:child_process'

import type { ExternalProcess } from '@holon/app'
import type { Platform } from '@holon/contract'
import { systemReason } from '@holon/contract/system-reason'

import { readLines } from './child-output.ts'
import { type Exit, formatExit, type Launch, type Pulse } from './launch.ts'
import { statusOf, untilPortAnswers } from './port-probe.ts'

/** A ready external process. */
export interface ReadyExternal {
  readonly url: string
}

export interface ExternalProcessOptions {
  readonly definition: ExternalProcess
  readonly folder: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The port it is given, as `PORT`. */
  readonly port: number
  readonly platform: Platform
  readonly onLine: (line: string) => void
}

const probeEveryMs = 50

/**
 * Starts a process that is not a Holon service. It leads a process group of its own: what it starts itself (as `npm`
 * does) ends with it, and Ctrl-C reaches it only through the supervisor, in order.
 */
export function startExternalProcess(options: ExternalProcessOptions): Launch<ReadyExternal> {
  const { definition, folder, environment, port, platform, onLine } = options
  const [program, ...args] = definition.command
  const child = spawn(program === 'node' ? process.execPath : program, args, {
    cwd: folder,
    env: { ...environment, ...definition.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  readLines(child, platform, onLine)
  const signalGroup = (signal: 'SIGTERM' | 'SIGKILL'): void => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, signal)
    } catch {
      // Everything in the group is gone already.
    }
  }
  const ended = new AbortController()
  const { promise: exited, resolve: exit } = Promise.withResolvers<Exit>()
  child.once('exit', (code, signal) => {
    // Its own children must not hold the port when it starts again.
    signalGroup('SIGKILL')
    exit({ code, signal })
  })
  child.once('error', (error) => {
    const reason = systemReason(error) ?? error.message
    if (child.pid === undefined) ended.abort(new Error(reason))
    else onLine(`${program}: ${reason}`)
  })
  void exited.then((how) => ended.abort(new Error(`${formatExit(how)} before it was ready`)))
  const ready = untilPortAnswers({
    port,
    path: definition.readyPath,
    platform,
    everyMs: probeEveryMs,
    signal: ended.signal,
  }).then(() => ({ url: `http://127.0.0.1:${port}` }))
  ready.catch(() => {
    // What was never there does not exit; why it cannot start is told before.
    if (child.pid === undefined) exit({ code: 127, signal: null })
  })
  return {
    pid: child.pid ?? 0,
    ready,
    exited,
    stop: () => signalGroup('SIGTERM'),
    kill: () => signalGroup('SIGKILL'),
    // Without a path to ask for nobody knows what it would answer.
    ...(definition.readyPath !== undefined && { pulse: createPulse(port, definition.readyPath) }),
  }
}

/** Any answer shows that it lives; one that says that it is not ready may know why. */
function createPulse(port: number, path: string): Pulse {
  return {
    ask: () =>
      new Promise((resolve) => {
        void statusOf(port, path).then((status) => status !== undefined && resolve('alive'))
      }),
    whereabouts: () => Promise.resolve(`nothing answered GET ${path}`),
  }
}

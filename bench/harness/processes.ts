// The processes that are measured: started fresh, pinned to a core, and ended whatever happens.
import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { familyOf, startOf } from './proc.ts'
import { findTool } from './tools.ts'

export const benchRoot: string = join(import.meta.dirname, '..')

export interface StartOptions {
  /** The core; undefined: the scheduler's choice. */
  readonly core?: number | undefined
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** What it writes to stdout is wanted. */
  readonly output?: boolean
  /** Takes what it writes to stdout as it comes; needs `output`. */
  readonly onOutput?: (text: string) => void
  /** How long it may take to end when it is told to. Default 1.5 s. */
  readonly graceMs?: number
}

/** A started program. */
export interface Program {
  readonly pid: number
  /** Settles with all of stdout (if wanted); rejects when it did not end with 0. */
  readonly ended: Promise<string>
  /** Ends it and all its descendants, and waits for that. Idempotent. */
  stop(): Promise<void>
}

/** A Node process of this package that takes and sends messages. */
export interface Worker extends Program {
  send(message: object): void
  /** The next message. Rejects when the process ends, says that it failed, or is silent for too long. */
  next<T>(timeoutMs?: number): Promise<T>
}

const running = new Set<Program>()

/** Ends everything that was started and still runs. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((program) => program.stop()))
}

export function canPin(): boolean {
  return findTool('taskset') !== undefined
}

export function start(options: StartOptions): Program {
  const child = launch(options, ['ignore', options.output === true ? 'pipe' : 'ignore', 'pipe'])
  child.stdout?.setEncoding('utf8').on('data', options.onOutput ?? (() => {}))
  return toProgram(child, options.graceMs).program
}

/** Starts a module of this package under the Node that runs the suite. */
export function startNode(
  module: string,
  {
    args = [],
    flags = [],
    ...options
  }: Partial<StartOptions> & { readonly args?: readonly string[]; readonly flags?: readonly string[] } = {},
): Worker {
  const command = [process.execPath, ...flags, join(benchRoot, module), ...args]
  const child = launch({ ...options, command }, ['ignore', 'ignore', 'pipe', 'ipc'])
  const { program, complaint } = toProgram(child)
  const inbox: unknown[] = []
  let wake = (): void => {}
  child.on('message', (message) => {
    inbox.push(message)
    wake()
  })
  child.once('exit', () => wake())
  const next = async <T>(timeoutMs = 60_000): Promise<T> => {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const message = inbox.shift() as (T & { readonly failed?: string }) | undefined
      if (message?.failed !== undefined) throw new Error(`${module} ${args.join(' ')}: ${message.failed}`)
      if (message !== undefined) return message
      if (hasEnded(child)) throw new Error(`${module} ${args.join(' ')} ended: ${complaint() || 'no reason given'}`)
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) throw new Error(`${module} ${args.join(' ')} said nothing for ${timeoutMs} ms`)
      const over = new AbortController()
      const woken = new Promise<void>((resolve) => (wake = resolve))
      await Promise.race([woken, sleep(leftMs, undefined, { signal: over.signal }).catch(() => {})])
      over.abort()
    }
  }
  return { ...program, send: (message) => void (child.connected && child.send(message)), next }
}

function launch({ core, command, env, cwd }: StartOptions, stdio: StdioOptions): ChildProcess {
  const pinned = core === undefined || !canPin() ? command : ['taskset', '-c', String(core), ...command]
  const [file = '', ...args] = pinned
  return spawn(file, args, { stdio, cwd: cwd ?? benchRoot, env: { ...process.env, NODE_ENV: 'production', ...env } })
}

function toProgram(
  child: ChildProcess,
  graceMs = 1500,
): { readonly program: Program; readonly complaint: () => string } {
  let complaints = ''
  let output = ''
  child.stderr?.on('data', (text) => (complaints = (complaints + String(text)).slice(-4000)))
  child.stdout?.on('data', (text) => (output += String(text)))
  const { pid = 0 } = child
  const gone = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const ended = gone.then((code) => {
    running.delete(program)
    if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${String(code)}: ${complaints}`)
    return output
  })
  ended.catch(() => {}) // Those who care wait for it.
  const stop = async (): Promise<void> => {
    const family = familyOf(pid).map((member) => ({ member, since: startOf(member) }))
    if (!hasEnded(child)) {
      child.kill('SIGTERM')
      await Promise.race([gone.catch(() => {}), sleep(graceMs)])
    }
    // The start tells a survivor from a stranger that got its number.
    for (const { member, since } of family) if (since !== '' && startOf(member) === since) kill(member)
    await gone.catch(() => {})
  }
  const program: Program = { pid, ended, stop }
  running.add(program)
  return { program, complaint: () => complaints.trim() }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

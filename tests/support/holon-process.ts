import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import type { SupervisorStatus } from '@holon/supervisor'

const root = fileURLToPath(new URL('../..', import.meta.url))
const entry = join(root, 'packages/holon/bin/holon.js')

/** A folder for one test: its data, and a name that all processes of the test carry in their environment. */
export interface Playground extends AsyncDisposable {
  /** A copy of the fixture app, to be changed at will. */
  readonly folder: string
  readonly data: string
  /** Runs the command to its end. */
  run(args: readonly string[], environment?: Record<string, string>): Promise<Finished>
  /** Starts the command and lets it run. */
  start(args: readonly string[], environment?: Record<string, string>): RunningCommand
  /** The same for any program that node can run. */
  runNode(args: readonly string[], environment?: Record<string, string>): Promise<Finished>
  startNode(args: readonly string[], environment?: Record<string, string>): RunningCommand
  /** Pids of everything that was started here and still runs. */
  survivors(): readonly number[]
  /** Resolves when nothing runs any more; rejects with what does. */
  untilNothingRuns(timeoutMs?: number): Promise<void>
}

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

/** For an app that has Holon installed, and does not see this repository. */
export interface InstalledIn {
  /** Puts into the folder what the app needs besides its own files. */
  readonly prepare: (folder: string) => void
  /** What `holon` is called by there: `['npx', 'holon']`. */
  readonly holon: readonly [string, ...string[]]
  readonly node: string
  /** The PATH of all that is started. */
  readonly path: string
}

/** Makes a playground from a fixture app. Disposing ends whatever still runs there. */
export function createPlayground(fixture: string, installed?: InstalledIn): Playground {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'holon-test-')))
  const folder = join(base, 'app')
  const data = join(base, 'data')
  cpSync(join(root, 'tests/fixtures', fixture), folder, { recursive: true })
  if (installed === undefined) symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  else installed.prepare(folder)
  const { holon, node } = installed ?? { holon: [process.execPath, entry], node: process.execPath }
  const own = { HOLON_DATA: data, HOLON_ADMIN_PORT: '0', HOLON_TEST: base, ...(installed && { PATH: installed.path }) }
  const launch = (
    [program = '', ...first]: readonly string[],
    args: readonly string[],
    environment: Record<string, string> = {},
  ): ChildProcess =>
    spawn(program, [...first, ...args], {
      cwd: folder,
      env: { ...cleanEnvironment(), ...own, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const survivors = (): readonly number[] => processesOf(base)
  const playground: Playground = {
    folder,
    data,
    run: (args, environment) => finish(launch(holon, args, environment)),
    start: (args, environment) => follow(launch(holon, args, environment)),
    runNode: (args, environment) => finish(launch([node], args, environment)),
    startNode: (args, environment) => follow(launch([node], args, environment)),
    survivors,
    untilNothingRuns: (timeoutMs = 15_000) => untilNothing(survivors, timeoutMs),
    async [Symbol.asyncDispose]() {
      for (const pid of survivors()) kill(pid)
      await untilNothing(survivors, 10_000)
      rmSync(base, { recursive: true, force: true })
    },
  }
  return playground
}

/** What the status page's API says. */
export async function readStatus(playground: Playground): Promise<SupervisorStatus> {
  const { stdout, stderr } = await playground.run(['ps', '--json'])
  if (stdout === '') throw new Error(`No status: ${stderr}`)
  return JSON.parse(stdout) as SupervisorStatus
}

/** Polls `probe` until it gives something; for what no log line announces. */
export async function eventually<T>(probe: () => Promise<T | undefined>, timeoutMs = 45_000): Promise<T> {
  const endMs = Date.now() + timeoutMs
  for (;;) {
    const found = await probe()
    if (found !== undefined) return found
    if (Date.now() > endMs) throw new Error(`It did not happen within ${timeoutMs} ms.`)
    await sleep(50)
  }
}

/** Vitest and npm leave variables behind that change what Node and colours do. */
function cleanEnvironment(): Record<string, string | undefined> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'USER']
  return Object.fromEntries(kept.map((name) => [name, process.env[name]]))
}

async function finish(child: ChildProcess): Promise<Finished> {
  let [stdout, stderr] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close', { signal: AbortSignal.timeout(75_000) })) as [number | null]
  return { code, stdout, stderr }
}

function follow(child: ChildProcess): RunningCommand {
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

/** Processes that carry the playground's path in their environment or arguments, zombies left out. */
function processesOf(base: string): readonly number[] {
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

async function untilNothing(survivors: () => readonly number[], timeoutMs: number): Promise<void> {
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

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}

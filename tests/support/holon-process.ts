import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import type { SupervisorStatus } from '@holon/supervisor'

import { cleanEnvironment, type Finished, finish, follow, type RunningCommand } from './running-command.ts'
import { endAll, processesOf, untilNothing } from './survivors.ts'

export type { Finished, RunningCommand } from './running-command.ts'

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
      await endAll(survivors)
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

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

import { cleanEnvironment, type Finished, finish, follow, type RunningCommand } from '../running-command.ts'
import { endAll, processesOf, untilNothing } from '../survivors.ts'
import { root } from './published.ts'

/** Somebody with an empty folder, Node, npm and a registry, who types what the documentation says. */
export interface Stranger extends AsyncDisposable {
  /** Where they are: an empty folder at first. */
  folder(): string
  /** Goes into a folder. */
  enter(name: string): void
  /** Runs a command to its end. */
  run(command: string): Promise<Finished>
  /** Starts one, as in a second terminal; `environment`: what a line in `.env` would say. */
  start(command: string, environment?: Readonly<Record<string, string>>): RunningTerminal
  /** Pids of everything that was started and still runs. */
  survivors(): readonly number[]
}

export interface RunningTerminal extends RunningCommand {
  /** Ctrl-C: reaches every process of the terminal. Resolves when none of it runs any more. */
  interrupt(): Promise<void>
}

export interface StrangerOptions {
  /** Of the registry. */
  readonly url: string
  /** What must be in the documentation, word by word, to be run. Default: anything may be. */
  readonly documented?: readonly string[]
  /** The Node that is first in the PATH. Default: that of this process. */
  readonly node?: string
  /** npm's cache. Default: an empty one, of this stranger alone. */
  readonly cache?: string
}

const commandTimeoutMs = 240_000

export function createStranger({ url, documented, node = process.execPath, cache }: StrangerOptions): Stranger {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'holon-stranger-')))
  const home = join(base, 'home')
  let folder = join(base, 'empty')
  for (const each of [home, folder]) mkdirSync(each)
  writeFileSync(join(home, '.npmrc'), `registry=${url}\ncache=${cache ?? join(base, 'cache')}\nupdate-notifier=false\n`)
  const environment = { ...cleanEnvironment(), HOME: home, PATH: pathWith(node), HOLON_ADMIN_PORT: '0', NO_COLOR: '1' }
  const launch = (command: string, more: Readonly<Record<string, string>> = {}): ChildProcess => {
    // The reference has commands as they are where `holon` is in the PATH.
    const plain = command.replace(/^npx /, '')
    if (documented?.every((text) => !text.includes(plain)) === true)
      throw new Error(`No page says to run this: ${command}`)
    return spawn('sh', ['-c', command], {
      cwd: folder,
      env: { ...environment, HOLON_TEST: base, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A terminal of its own, as far as signals go.
      detached: true,
    })
  }
  const survivors = (): readonly number[] => processesOf(base)
  return {
    folder: () => folder,
    enter: (name) => void (folder = join(folder, name)),
    run: (command) => finish(launch(command), commandTimeoutMs),
    start: (command, more) => toTerminal(launch(command, more), survivors),
    survivors,
    async [Symbol.asyncDispose]() {
      await endAll(survivors)
      rmSync(base, { recursive: true, force: true })
    },
  }
}

function toTerminal(child: ChildProcess, survivors: () => readonly number[]): RunningTerminal {
  return {
    ...follow(child),
    async interrupt() {
      process.kill(-(child.pid ?? 0), 'SIGINT')
      await untilNothing(survivors, 30_000)
    },
  }
}

/** Without programs of this repository, which a test run has put there. */
function pathWith(node: string): string {
  const others = (process.env['PATH'] ?? '').split(delimiter).filter((each) => !`${each}/`.startsWith(root))
  return [dirname(node), ...others].join(delimiter)
}

/** What pages of the documentation say, to be looked through for commands. */
export function readPages(...paths: readonly string[]): readonly string[] {
  return paths.map((path) => readFileSync(join(root, path), 'utf8'))
}

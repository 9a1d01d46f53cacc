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
  /** Programs that are in the PATH besides, by name: what each is called by. */
  readonly programs?: ReadonlyMap<string, readonly string[]>
  /** npm's cache. Default: an empty one, of this stranger alone. */
  readonly cache?: string
}

const commandTimeoutMs = 240_000

export function createStranger(options: StrangerOptions): Stranger {
  const { url, documented, node = process.execPath, programs = new Map<string, readonly string[]>(), cache } = options
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'holon-stranger-')))
  const home = join(base, 'home')
  let folder = join(base, 'empty')
  const bin = join(home, 'bin')
  for (const each of [home, folder, bin]) mkdirSync(each)
  for (const [name, text] of settings(url, cache ?? join(base, 'cache'))) write(join(home, name), text)
  for (const [name, program] of programs) write(join(bin, name), `#!/bin/sh\nexec ${program.join(' ')} "$@"\n`, 0o755)
  const environment = {
    ...cleanEnvironment(),
    HOME: home,
    PATH: [bin, pathWith(node)].join(delimiter),
    HOLON_ADMIN_PORT: '0',
    NO_COLOR: '1',
  }
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

/** What tells each package manager where the registry is; what was just published is no risk here. */
function settings(url: string, cache: string): ReadonlyMap<string, string> {
  return new Map([
    ['.npmrc', `registry=${url}\ncache=${cache}\nupdate-notifier=false\n`],
    ['.config/pnpm/config.yaml', `storeDir: ${cache}\nminimumReleaseAge: 0\n`],
    [
      '.yarnrc.yml',
      `npmRegistryServer: ${url}\nunsafeHttpWhitelist: [127.0.0.1]\ncacheFolder: ${cache}\nenableTelemetry: false\nnpmMinimalAgeGate: 0\n`,
    ],
  ])
}

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { mode })
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

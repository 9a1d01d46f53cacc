import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

import { requires } from '../requirements.ts'
import { untilStopped } from '../until-stopped.ts'
import { freePorts, untilReady } from './probe.ts'
import { clientPort, type Command, type Place, type ServerName } from './recipe.ts'
import { recipes } from './recipes.ts'

/** A server of a test's own, on free ports, in a folder of its own. Disposing kills it and deletes the folder. */
export interface PrivateServer extends AsyncDisposable {
  readonly name: ServerName
  /** What clients connect to; stays the same when the server is started again. */
  readonly url: string
  readonly port: number
  /** Its folder of configuration, data and log, and its ports. */
  readonly place: Place
  readonly running: boolean
  /** Of its processes. */
  readonly pids: readonly number[]
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** SIGTERM, and SIGKILL when it takes longer than 20 s. */
  stop(): Promise<void>
  /** Starts it again on the same ports and data; resolves when it is ready. */
  start(): Promise<void>
  /** Meanwhile it is there, but says nothing (SIGSTOP); goes on afterwards, however `act` ends. */
  silentDuring(act: () => Promise<void>): Promise<void>
}

/** Starts a server and resolves when it is ready. Throws with its log when it is not within 150 s: machines may be busy. */
export async function startServer(name: ServerName): Promise<PrivateServer> {
  const { path: found, remedy } = requires(name)
  if (found === undefined) throw new Error(`There is no ${name} here: ${remedy}`)
  for (let attempt = 1; ; attempt++) {
    const folder = mkdtempSync(join(tmpdir(), `holon-${name}-`))
    const server = privateServer(name, { found, folder, ports: await freePorts(recipes[name].fixedPorts.length) })
    try {
      await server.start()
      return server
    } catch (error) {
      await server[Symbol.asyncDispose]()
      // Somebody else took one of the ports between looking and listening; that does not happen three times.
      if (attempt === 3) throw error
    }
  }
}

function privateServer(name: ServerName, place: Place): PrivateServer {
  const log = join(place.folder, 'server.log')
  let processes: ChildProcess[] = []
  const alive = (): readonly ChildProcess[] =>
    processes.filter((child) => child.exitCode === null && child.signalCode === null)
  const end = async (signal: NodeJS.Signals, timeoutMs: number): Promise<void> => {
    for (const child of alive().toReversed()) {
      child.kill(signal)
      await once(child, 'exit', { signal: AbortSignal.timeout(timeoutMs) })
    }
  }
  const server: PrivateServer = {
    name,
    url: recipes[name].url(place),
    port: clientPort(place),
    place,
    get running() {
      return processes.length > 0 && alive().length === processes.length
    },
    get pids() {
      return alive().flatMap(({ pid }) => pid ?? [])
    },
    kill: () => end('SIGKILL', 10_000),
    stop: () => end('SIGTERM', 20_000).catch(() => end('SIGKILL', 10_000)),
    async start() {
      await server.kill()
      recipes[name].prepare(place)
      processes = recipes[name].commands(place).map((command) => run(command, log))
      const ended = (): string | undefined =>
        server.running ? undefined : `${name} ended:\n${readFileSync(log, 'utf8')}`
      await untilReady(server.port, recipes[name].probe, { timeoutMs: 150_000, ended })
    },
    async silentDuring(act) {
      const silent = processes.at(-1)
      silent?.kill('SIGSTOP')
      try {
        if (silent?.pid !== undefined) await untilStopped(silent.pid)
        await act()
      } finally {
        silent?.kill('SIGCONT')
      }
    },
    async [Symbol.asyncDispose]() {
      await server.kill()
      rmSync(place.folder, { recursive: true, force: true })
    },
  }
  return server
}

function run(command: Command, log: string): ChildProcess {
  mkdirSync(join(log, '..'), { recursive: true })
  const output = openSync(log, 'a')
  try {
    const [executable, ...args] = boundToParent(command)
    const environment = { ...process.env, ...command.environment }
    const child = spawn(executable, args, { stdio: ['ignore', output, output], env: environment })
    // A command that cannot be started ends like one that fails: `running` is false.
    child.once('error', () => undefined)
    return child
  } finally {
    closeSync(output)
  }
}

/** On Linux the kernel ends the server with the test that started it, however that test ends. */
function boundToParent({ executable, args }: Command): readonly [string, ...string[]] {
  const setpriv = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'setpriv'))
    .find((path) => existsSync(path))
  return setpriv === undefined ? [executable, ...args] : [setpriv, '--pdeathsig', 'KILL', executable, ...args]
}

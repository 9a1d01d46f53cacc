import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { SupervisorStatus } from '@holon/supervisor'

import { freePort } from './free-port.ts'

/** Where the shop's services run. */
export type ShopPlacement = 'one process' | 'split' | 'split over TCP'

/** The shop, started as a person would start it, with fresh data of its own. */
export interface RunningShop {
  readonly url: string
  readonly data: string
  status(): Promise<SupervisorStatus>
  /** Ends the process that runs a service, or an external process, with SIGKILL. */
  kill(name: string): Promise<void>
  /** Everything that was logged. */
  log(): string
  stop(): Promise<void>
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const entry = join(root, 'packages/holon/bin/holon.js')
const config = join(root, 'examples/shop/holon.config.ts')

const flags: Readonly<Record<ShopPlacement, readonly string[]>> = {
  'one process': [],
  split: ['--split'],
  'split over TCP': ['--split', '--tcp'],
}

const readyWithinMs = 90_000
const stopWithinMs = 20_000
const run = promisify(execFile)

export async function startShop(
  placement: ShopPlacement,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningShop> {
  const data = realpathSync(mkdtempSync(join(tmpdir(), 'holon-shop-')))
  // A port chosen here, so that a gateway that is started again comes back where its clients look for it.
  const env = {
    ...inherited(),
    HOLON_DATA: data,
    HOLON_ADMIN_PORT: '0',
    PORT: String(await freePort()),
    ...environment,
  }
  const child = spawn(process.execPath, [entry, 'start', '--json', '--config', config, ...flags[placement]], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = follow(child)
  const status = async (): Promise<SupervisorStatus> => {
    const { stdout } = await run(process.execPath, [entry, 'ps', '--json', '--config', config], {
      env,
      timeout: 20_000,
    })
    return JSON.parse(stdout) as SupervisorStatus
  }
  try {
    const { status: atStart } = await output.ready
    if (atStart.gatewayUrl === undefined) throw new Error('The shop is ready, but has no gateway.')
    return {
      url: atStart.gatewayUrl,
      data,
      status,
      kill: async (name) => killProcess(await status(), name),
      log: output.text,
      stop: () => stop(child, data),
    }
  } catch (error) {
    await stop(child, data)
    throw error
  }
}

/** Vitest and npm leave variables behind that change what Node and colours do. */
function inherited(): Record<string, string | undefined> {
  return Object.fromEntries(['PATH', 'HOME', 'TMPDIR', 'LANG', 'USER'].map((name) => [name, process.env[name]]))
}

interface Followed {
  readonly ready: Promise<{ readonly status: SupervisorStatus }>
  readonly text: () => string
}

function follow(child: ChildProcess): Followed {
  let text = ''
  const ready = Promise.withResolvers<{ readonly status: SupervisorStatus }>()
  const note = (more: string): void => {
    text += more
    const line = /^\{.*"event":"ready".*\}$/m.exec(text)?.[0]
    if (line !== undefined) ready.resolve(JSON.parse(line) as { status: SupervisorStatus })
  }
  child.stdout?.setEncoding('utf8').on('data', note)
  child.stderr?.setEncoding('utf8').on('data', note)
  const fail = (why: string): void => ready.reject(new Error(`The shop ${why}:\n${text.slice(-5_000)}`))
  child.once('exit', (code, signal) => fail(`ended (${signal ?? code})`))
  const timer = setTimeout(() => fail(`was not ready within ${readyWithinMs} ms`), readyWithinMs)
  void ready.promise.catch(() => {}).finally(() => clearTimeout(timer))
  return { ready: ready.promise, text: () => text }
}

function killProcess({ groups, processes }: SupervisorStatus, name: string): void {
  const group = groups.find((one) => one.services.some((service) => service.name === name))
  const pid = group?.instances[0]?.pid ?? processes.find((one) => one.name === name)?.pid
  if (pid === undefined) throw new Error(`No process runs ${name}.`)
  process.kill(pid, 'SIGKILL')
}

async function stop(child: ChildProcess, data: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), stopWithinMs)
    await exited
    clearTimeout(late)
  }
  rmSync(data, { recursive: true, force: true })
}

import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The `holon` command, run on the Node that runs the demo. */
const program = fileURLToPath(new URL('../bin/holon.js', import.meta.resolve('holon')))
const config = fileURLToPath(new URL('../holon.config.ts', import.meta.url))

/** Where the shop keeps its data, if it is not the usual place. */
export interface ShopData {
  readonly data: string | undefined
}

export function startHolon(args: readonly string[], { data }: ShopData): ChildProcess {
  return spawn(process.execPath, [program, 'start', '--config', config, ...dataOption(data), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

const run = promisify(execFile)

/** Calls an operation of a running service as `holon call` does: past the gateway, which does not expose all. */
export function callService<Output>(operation: string, input: unknown, data: ShopData): Promise<Output> {
  return runJson<Output>(['call', operation, JSON.stringify(input)], data)
}

/** An event that a service has given up. */
export interface GivenUp {
  readonly subscription: string
  readonly topic: string
  readonly key: string
}

/** The dead letters of all services, as `holon events dead list` shows them. */
export function listGivenUp(data: ShopData): Promise<GivenUp[]> {
  return runJson<GivenUp[]>(['events', 'dead', 'list'], data)
}

async function runJson<Output>(command: readonly string[], { data }: ShopData): Promise<Output> {
  const args = [...command, '--json', '--config', config, ...dataOption(data)]
  const { stdout } = await run(process.execPath, [program, ...args], { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 })
  // What the command prints has been checked against the contract.
  return JSON.parse(stdout) as Output
}

function dataOption(data: string | undefined): string[] {
  return data === undefined ? [] : ['--data', data]
}

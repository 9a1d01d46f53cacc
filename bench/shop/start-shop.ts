// The real shop through `holon start`.
import { join } from 'node:path'

import { type Usage, usageOf } from '../harness/proc.ts'
import { benchRoot, type Program, start } from '../harness/processes.ts'

const root = join(benchRoot, '..')
const startTimeoutMs = 60_000

interface ShopStatus {
  readonly pid: number
  readonly gatewayUrl: string
  readonly processes: readonly { readonly pid?: number }[]
  readonly database?: { readonly pid: number }
}

export interface RunningShop {
  readonly url: string
  /** CPU and memory of Holon's processes: supervisor, services, gateway. Without Postgres and the foreign payment provider. */
  usage(): Usage
  /** Of everything, Postgres too. */
  readonly pids: readonly number[]
}

export interface ShopOptions {
  readonly split: boolean
  readonly dataFolder: string
  /** What was started goes here, also when something fails. */
  readonly started: Program[]
}

/** Starts the shop and resolves when `holon start` says that it is ready. */
export function startShop({ split, dataFolder, started }: ShopOptions): Promise<RunningShop> {
  const config = join(root, 'examples/shop/holon.config.ts')
  const args = ['start', '--config', config, '--port', '0', '--json', '--data', dataFolder, '--log-level', 'info']
  const { promise, resolve, reject } = Promise.withResolvers<RunningShop>()
  const timer = setTimeout(() => reject(new Error(`not ready within ${startTimeoutMs} ms`)), startTimeoutMs)
  let rest = ''
  const program = start({
    command: [process.execPath, join(root, 'packages/holon/bin/holon.js'), ...args, ...(split ? ['--split'] : [])],
    env: { HOLON_ADMIN_PORT: '0' },
    output: true,
    // It ends its services and Postgres in order.
    graceMs: 20_000,
    onOutput: (text) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      const ready = lines.find((line) => line.includes('"event":"ready"'))
      if (ready !== undefined) resolve(toShop(program, (JSON.parse(ready) as { readonly status: ShopStatus }).status))
    },
  })
  started.push(program)
  program.ended.then(
    () => reject(new Error('holon start ended')),
    (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
  )
  return promise.finally(() => clearTimeout(timer))
}

function toShop({ pid }: Program, { gatewayUrl, processes, database }: ShopStatus): RunningShop {
  const foreign = [...processes, database].flatMap((one) => (one?.pid === undefined ? [] : [one.pid]))
  const postgres = database === undefined ? [] : [database.pid]
  return { url: gatewayUrl, usage: () => usageOf([pid], { without: foreign }), pids: [pid, ...postgres] }
}

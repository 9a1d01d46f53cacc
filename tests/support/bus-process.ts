import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { systemPlatform } from '@holon/contract/system-platform'
import type { Bus } from '@holon/events'
import { remoteBus } from '@holon/events/embedded'
import type { Instance } from '@holon/runtime'

import { startBusClient } from './bus-instance.ts'

const program = fileURLToPath(new URL('../fixtures/bus/serve-bus.ts', import.meta.url))

/** The embedded bus in a process of its own, over a Unix socket. */
export interface BusProcess {
  readonly socket: string
  /** A bus as another process would have it, with links of its own. */
  connect(): Promise<Bus>
  kill(): Promise<void>
  /** Ends it in order. */
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

export async function startBusProcess(): Promise<BusProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'holon-bus-'))
  const socket = join(folder, 'bus.sock')
  let child: ChildProcess | undefined
  const clients = new Set<Instance>()
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
  const bus: BusProcess = {
    socket,
    start: async () => {
      rmSync(socket, { force: true })
      child = fork(program, [socket, join(folder, 'bus.db')], { execArgv: [] })
      const failed = once(child, 'exit').then(() => Promise.reject(new Error('The bus did not start.')))
      await Promise.race([once(child, 'message'), failed])
      failed.catch(() => undefined)
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    connect: async () => {
      const instance = await startBusClient(socket)
      clients.add(instance)
      const remote = remoteBus({
        invoker: instance.invoker('holon-events'),
        platform: systemPlatform(),
        onError: () => undefined,
      })
      const close = async (): Promise<void> => {
        await remote.close()
        if (clients.delete(instance)) await instance.stop(0)
      }
      return { ...remote, close }
    },
    close: async () => {
      await Promise.all([...clients].map((instance) => instance.stop(0)))
      await bus.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await bus.start()
  return bus
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import app from '../fixtures/poison/holon.config.ts'
import { lab } from '../fixtures/poison/services/lab/contract.ts'
import { connectToApp } from './app-caller.ts'
import { createPlayground, eventually, type Playground, type RunningCommand } from './holon-process.ts'

export interface Sample {
  readonly id: string
  readonly death: 'no' | 'rejection' | 'exit' | 'memory' | 'abort' | 'kill'
}

export interface Letter {
  readonly id: string
  readonly messageId: string
  readonly key: string
  readonly reason: string
  readonly attempts: number
  readonly error: { readonly message: string }
}

/** The fixture app `poison`, whose handlers end their process. */
export interface PoisonApp extends AsyncDisposable {
  readonly playground: Playground
  start(): Promise<RunningCommand>
  send(samples: readonly Sample[]): Promise<void>
  letters(): Promise<readonly Letter[]>
  /** How often the handler has begun with an event, and come to its end. */
  count(what: 'begun' | 'done', id: string): number
  /** How many events and runs of the schedule the handlers have come to the end of. */
  ran(): number
  /** The events that the handler has begun with. */
  sent(): readonly { readonly messageId: string; readonly key: string }[]
}

export function openPoisonApp(args: readonly string[], environment: Record<string, string>): PoisonApp {
  const playground = createPlayground('poison')
  const lines = (): readonly string[] => {
    try {
      return readFileSync(join(playground.data, 'book'), 'utf8').split('\n')
    } catch {
      return []
    }
  }
  return {
    playground,
    start: async () => {
      const holon = playground.start(['start', ...args], environment)
      await holon.until(/poison is ready in [\d.]+ s/)
      return holon
    },
    send: async (samples) => {
      await using caller = await connectToApp(app, playground)
      await caller.call(lab.operations.send, samples)
    },
    letters: () =>
      eventually(async () => {
        const { code, stdout } = await playground.run(['events', 'dead', 'list', '--json'], environment)
        return code === 0 ? (JSON.parse(stdout) as readonly Letter[]) : undefined
      }, 60_000),
    count: (what, id) => lines().filter((line) => line === `${what} ${id}`).length,
    ran: () => lines().filter((line) => line.startsWith('done ')).length,
    sent: () =>
      lines().flatMap((line) => {
        const [, messageId, key] = /^sent (\S+) (\S+)$/.exec(line) ?? []
        return messageId === undefined || key === undefined ? [] : [{ messageId, key }]
      }),
    [Symbol.asyncDispose]: async () => playground[Symbol.asyncDispose](),
  }
}

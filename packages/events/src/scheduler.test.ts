import { ManualPlatform } from '@holon/contract/manual-platform'
import { expect, it } from 'vitest'

import { memorySchedules } from './fixtures/memory-schedules.ts'
import { intervalTimes } from './schedule-times.ts'
import { Scheduler } from './scheduler.ts'
import { Turn } from './turn.ts'

type Fate = 'done' | 'fails' | 'crash' | 'hangs'

/** Processes one after the other, each with a scheduler of one job that is due every minute. */
class Lives {
  readonly platform = new ManualPlatform()
  readonly tables = memorySchedules()
  readonly failures: string[] = []
  /** The times for which the job was begun, and done. */
  readonly begun: number[] = []
  readonly done: number[] = []
  readonly #fateOf: (run: number, dueMs: number) => Fate

  constructor(fateOf: (run: number, dueMs: number) => Fate) {
    this.#fateOf = fateOf
  }

  /** A process lives until the job ends it; otherwise it is stopped in order. */
  async live(forMs: number): Promise<void> {
    const life = { over: false }
    const scheduler = new Scheduler({
      log: this.tables.log,
      transaction: (work) => this.tables.transaction(work),
      jobs: [
        {
          name: 'job',
          times: intervalTimes('1m'),
          transactionMs: 30_000,
          run: async (tx, dueMs, signal) => {
            if ((await this.#run(dueMs, signal)) === 'done') return
            life.over = true
            // The database ends the transaction of a process that is gone.
            for (const undo of tx.toReversed()) undo()
            await new Promise(() => undefined)
          },
        },
      ],
      platform: this.platform,
      onFailure: (_job, error) => this.failures.push(String(error)),
      owner: 'replica-1',
      turn: new Turn(),
    })
    await scheduler.start()
    if (await this.platform.passUntil(() => life.over, forMs)) return
    await scheduler.stop()
  }

  async #run(dueMs: number, signal: AbortSignal): Promise<'done' | 'crash'> {
    this.begun.push(dueMs)
    const fate = this.#fateOf(this.begun.length, dueMs)
    if (fate === 'fails') throw new Error('on purpose')
    if (fate === 'hangs')
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    if (fate === 'crash') return 'crash'
    this.done.push(dueMs)
    return 'done'
  }
}

it('a run that ends its process each time is passed over, and the next ones are run', async () => {
  const lives: Lives = new Lives((_run, dueMs) => (dueMs === lives.begun[0] ? 'crash' : 'done'))
  for (let life = 0; life < 4; life += 1) await lives.live(70_000)
  expect(lives.done).toEqual([])
  await lives.live(130_000)
  expect(lives.begun.filter((dueMs) => dueMs === lives.begun[0])).toHaveLength(4)
  expect(lives.failures.at(-1)).toMatch(/Crash: The run due at .* ended its process 3 times, and is passed over/)
  expect(lives.done.length).toBeGreaterThan(0)
  expect(lives.tables.tries.size).toBe(0)
})

it('a run that only fails is repeated until it succeeds, also when it is a suspect', async () => {
  const lives = new Lives((run) => (run === 1 ? 'crash' : run < 9 ? 'fails' : 'done'))
  await lives.live(70_000)
  await lives.live(50_000)
  expect(lives.done).toEqual([lives.begun[0]])
  expect(lives.tables.tries.size).toBe(0)
})

it('a run that an orderly stop interrupts does not count', async () => {
  const lives = new Lives((run) => (run === 1 ? 'crash' : run < 7 ? 'hangs' : 'done'))
  await lives.live(70_000)
  for (let life = 0; life < 5; life += 1) await lives.live(1_000)
  expect(lives.begun).toHaveLength(6)
  await lives.live(1_000)
  expect(lives.done).toEqual([lives.begun[0]])
})

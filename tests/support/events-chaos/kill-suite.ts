import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { StoreChoice } from '../../fixtures/events-lab/store-of.ts'
import { ChaosRun, pause, settle, settleWithinMs } from './chaos-run.ts'
import { type EventsLab, type LabBus, openEventsLab } from './events-lab.ts'
import { freezeConsumers, killAtRandom, killDatabase, replaceVersion, restartBus, rewindUnderLoad } from './kills.ts'
import { sendDeadly } from './parcels.ts'

/** How much of each; what is left out is not tested. */
export interface ChaosAmounts {
  /** How often something is killed. */
  readonly rounds?: number
  /** For how many seconds the bus is away under load. */
  readonly outage?: number
  /** How often the bus is ended and started again under load. */
  readonly restarts?: number
  /** How often a consumer is frozen for longer than its lease. */
  readonly freezes?: number
  /** How often the database server is killed. A file cannot be. */
  readonly databaseKills?: number
  /** How many events end the process that handles them. */
  readonly deadly?: number
  /** How often a replica of one of two versions is killed while both run side by side. */
  readonly versionKills?: number
  /** How often the subscription is taken back under load. */
  readonly rewinds?: number
}

interface Scenario {
  readonly name: keyof ChaosAmounts
  title(amount: number): string
  /** Failures of the producer that may happen. Default: none. */
  readonly tolerates?: RegExp
  /** Resolves to what the line about it tells. */
  work(run: ChaosRun, amount: number): Promise<Readonly<Record<string, unknown>> | void>
}

/** In this order: the last ones leave the subscriptions otherwise than they were. */
const scenarios: readonly Scenario[] = [
  {
    name: 'rounds',
    title: (rounds) => `${rounds} processes are killed: every committed event is applied once, in order`,
    work: async (run, rounds) => ({ kills: await killAtRandom(run, rounds) }),
  },
  {
    name: 'outage',
    title: (seconds) => `the bus is away for ${seconds} s under load: no request fails, and everything arrives`,
    work: async (run, seconds) => {
      const { lab } = run
      run.load(-1)
      await pause(300)
      await lab.bus.kill()
      await pause(seconds * 1_000)
      const { waiting: waitedInOutbox } = await lab.progress()
      expect(waitedInOutbox).toBeGreaterThan(10)
      await lab.bus.start()
      return { waitedInOutbox }
    },
  },
  {
    name: 'restarts',
    title: (restarts) => `the bus is killed and stopped ${restarts} times while events are published: none is lost`,
    work: restartBus,
  },
  {
    name: 'freezes',
    title: (freezes) =>
      `consumers are frozen ${freezes} times for longer than they may be silent: nothing is applied twice`,
    work: freezeConsumers,
  },
  {
    name: 'databaseKills',
    title: (kills) => `the database server is killed ${kills} times under load: nothing is lost or applied twice`,
    // Nothing can be committed meanwhile, and whoever was committing cannot be told whether it was.
    tolerates: /^(unavailable|deadline_exceeded|aborted):/,
    work: killDatabase,
  },
  {
    name: 'deadly',
    title: (deadly) =>
      `${deadly} events end the process that handles them: they become dead letters, and no other suffers`,
    work: sendDeadly,
  },
  {
    name: 'versionKills',
    title: (kills) => `replicas of two versions with different subscriptions are killed side by side, ${kills} times`,
    work: replaceVersion,
  },
  {
    name: 'rewinds',
    title: (rewinds) => `${rewinds} rewinds under load: each account is applied anew from its first event on, in order`,
    work: rewindUnderLoad,
  },
]

const openWithinMs = 180_000

/**
 * The kill suite: any process may die at any instant, and every committed event is applied exactly once, in order. What
 * `npm test` does is little; `npm run chaos` tells more by `HOLON_CHAOS`.
 */
export function testEventsUnderKills(
  name: string,
  openBus: () => Promise<LabBus>,
  { store, ...short }: ChaosAmounts & { readonly store: StoreChoice },
): void {
  const told = process.env['HOLON_CHAOS']
  // `npm run chaos` has written it.
  const amounts: ChaosAmounts = told === undefined ? short : (JSON.parse(told) as ChaosAmounts)
  const seed = Number(process.env['HOLON_CHAOS_SEED'] ?? Date.now() % 1_000_000)
  const title = `${name} and ${store}`

  describe(`events on ${title}, seed ${seed}`, () => {
    let lab: EventsLab
    beforeAll(async () => {
      lab = await openEventsLab(openBus, store)
    }, openWithinMs)
    // Missing where it could not be opened.
    afterAll(() => (lab as EventsLab | undefined)?.close(), openWithinMs)

    for (const scenario of scenarios) {
      const amount = amounts[scenario.name] ?? 0
      if (amount === 0 || (scenario.name === 'databaseKills' && store === 'sqlite')) continue
      it.each([scenario.title(amount)])('%s', { timeout: settleWithinMs + amount * 60_000 }, async () => {
        const run = await ChaosRun.begin(lab, title, seed)
        const counts = await scenario.work(run, amount)
        await pause(300)
        const failures = (await run.quiet()).filter((failure) => scenario.tolerates?.test(failure) !== true)
        expect(failures).toEqual([])
        await settle(run, { [scenario.name]: amount, ...counts })
      })
    }
  })
}

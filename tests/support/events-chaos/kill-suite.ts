import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { StoreChoice } from '../../fixtures/events-lab/store-of.ts'
import { ChaosRun, pause, settle, settleWithinMs } from './chaos-run.ts'
import { type EventsLab, type LabBus, openEventsLab } from './events-lab.ts'
import { freezeConsumers, killAtRandom, killDatabase, restartBus } from './kills.ts'
import { sendDeadly } from './parcels.ts'

/** How much of each: what `npm test` does is little, what `npm run chaos` does is told by `HOLON_CHAOS_…` variables. */
export interface ChaosOptions {
  readonly store: StoreChoice
  /** How often something is killed. */
  readonly rounds: number
  /** For how long the bus is away under load. */
  readonly outageS: number
  /** How often the bus is ended and started again under load. */
  readonly restarts: number
  /** How often a consumer is frozen for longer than its lease. */
  readonly freezes: number
  /** How many events end the process that handles them. */
  readonly deadly: number
}

const openWithinMs = 180_000
const rewinds = 3

/** The kill suite: any process may die at any instant, and every committed event is applied exactly once, in order. */
export function testEventsUnderKills(name: string, openBus: () => Promise<LabBus>, defaults: ChaosOptions): void {
  const { store } = defaults
  const told = (variable: string, otherwise: number): number =>
    Number(process.env[`HOLON_CHAOS_${variable}`] ?? otherwise)
  const rounds = told('ROUNDS', defaults.rounds)
  const outageS = told('OUTAGE_S', defaults.outageS)
  const restarts = told('RESTARTS', defaults.restarts)
  const freezes = told('FREEZES', defaults.freezes)
  const deadly = told('DEADLY', defaults.deadly)
  const seed = told('SEED', Date.now() % 1_000_000)
  const title = `${name} and ${store}`
  const timeout = settleWithinMs + rounds * 30_000 + (outageS + restarts * 60 + freezes * 60 + deadly * 30) * 1_000

  describe(`events on ${title}, seed ${seed}`, { timeout }, () => {
    let lab: EventsLab
    const begin = (): Promise<ChaosRun> => ChaosRun.begin(lab, title, seed)
    beforeAll(async () => {
      lab = await openEventsLab(openBus, store)
    }, openWithinMs)
    // Missing where it could not be opened.
    afterAll(() => (lab as EventsLab | undefined)?.close(), openWithinMs)

    it(`${rounds} processes are killed: every committed event is applied once, in order`, async () => {
      const run = await begin()
      const kills = await killAtRandom(run, rounds)
      await pause(200)
      expect(await run.quiet()).toEqual([])
      const books = await settle(run, { rounds, kills })
      expect(books.published).toBeGreaterThan(rounds)
    })

    it(`the bus is away for ${outageS} s under load: no request fails, and everything arrives`, async () => {
      const run = await begin()
      run.load(-1)
      await pause(300)
      await lab.bus.kill()
      await pause(outageS * 1_000)
      const { waiting } = await lab.progress()
      expect(waiting).toBeGreaterThan(10)
      await lab.bus.start()
      await pause(300)
      expect(await run.quiet()).toEqual([])
      await settle(run, { outageS, waitedInOutbox: waiting })
    })

    it(`the bus is killed and stopped ${restarts} times while events are published: none is lost`, async () => {
      const run = await begin()
      await restartBus(run, restarts)
      expect(await run.quiet()).toEqual([])
      await settle(run, { restarts })
    })

    it.runIf(freezes > 0)(
      `consumers are frozen ${freezes} times for longer than they may be silent: nothing is applied twice`,
      async () => {
        const run = await begin()
        await freezeConsumers(run, freezes)
        expect(await run.quiet()).toEqual([])
        await settle(run, { freezes })
      },
    )

    it.runIf(store === 'postgres')(
      'the database server is killed under load: nothing is lost or applied twice',
      async () => {
        const run = await begin()
        const databaseKills = Math.max(1, Math.round(rounds / 10))
        expect(await killDatabase(run, databaseKills)).toEqual([])
        await settle(run, { databaseKills })
      },
    )

    it(`${deadly} events end the process that handles them: they become dead letters, and no other event suffers`, async () => {
      const run = await begin()
      const parcels = await sendDeadly(run, deadly)
      expect(await run.quiet()).toEqual([])
      await settle(run, parcels)
    })

    it('replicas of two versions with different subscriptions run side by side, and are killed', async () => {
      const run = await begin()
      const [one, other] = lab.consumers
      await one?.kill()
      await one?.start({ version: 2 })
      run.load(-6)
      for (const victim of [other, one, other]) {
        await pause(300)
        await victim?.kill()
        await victim?.start()
      }
      await other?.kill()
      await other?.start({ version: 2 })
      expect(await run.quiet()).toEqual([])
      await settle(run, { versions: 2 })
      await expect.poll(() => lab.auditCopies(), { timeout: 120_000, interval: 500 }).toEqual([])
    })

    it(`${rewinds} rewinds under load: each account is applied anew from its first event on, in order`, async () => {
      const run = await begin()
      run.load(-7)
      for (let done = 0; done < rewinds; done += 1) {
        await pause(700)
        expect(await lab.rewind(run.pick(lab.consumers))).toBeUndefined()
      }
      await pause(300)
      expect(await run.quiet()).toEqual([])
      const books = await settle(run, { rewinds })
      expect(books.applied).toBeGreaterThan(books.published)
    })
  })
}

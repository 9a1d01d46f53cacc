import { describe, expect, it } from 'vitest'

import { type Audit, type EventsLab, type LabBus, openEventsLab } from './events-lab.ts'
import { eventually } from './holon-process.ts'

export interface ChaosOptions {
  /** How often something is killed. `HOLON_CHAOS_ROUNDS` goes before it. */
  readonly rounds: number
  /** For how long the bus is away under load. `HOLON_CHAOS_OUTAGE_S` goes before it. */
  readonly outageS: number
}

const settleWithinMs = 60_000

/** The kill suite: any process may die at any instant, and every committed event is applied exactly once, in order. */
export function testEventsUnderKills(name: string, openBus: () => Promise<LabBus>, options: ChaosOptions): void {
  const rounds = Number(process.env['HOLON_CHAOS_ROUNDS'] ?? options.rounds)
  const outageS = Number(process.env['HOLON_CHAOS_OUTAGE_S'] ?? options.outageS)
  const seed = Number(process.env['HOLON_CHAOS_SEED'] ?? Date.now() % 1_000_000)

  describe(`events on ${name}`, { timeout: 60_000 + rounds * 10_000 + outageS * 1_000 }, () => {
    it(`${rounds} processes are killed, seed ${seed}: every committed event is applied once, in order`, async () => {
      await withLab(openBus, async (lab) => {
        const random = seeded(seed)
        const targets = [lab.producer, ...lab.consumers, lab.bus]
        lab.producer.send({ kind: 'load', seed: 0 })
        for (let round = 1; round <= rounds; round += 1) {
          await pause(20 + random() * 250)
          const target = targets[Math.floor(random() * targets.length)] ?? lab.bus
          await target.kill()
          // Now and then it stays away for a while.
          if (random() < 0.3) await pause(random() * 500)
          await target.start()
          if (target === lab.producer) lab.producer.send({ kind: 'load', seed: round })
        }
        await pause(200)
        const unexpected = await lab.producer.quiet()
        expect(unexpected).toEqual([])
        const { published, applied, problems } = await settled(lab)
        expect(problems).toEqual([])
        expect(applied).toBe(published)
        expect(published).toBeGreaterThan(rounds)
      })
    })

    it(`the bus is away for ${outageS} s under load: no request fails, and everything arrives`, async () => {
      await withLab(openBus, async (lab) => {
        lab.producer.send({ kind: 'load', seed: 0 })
        await pause(300)
        await lab.bus.kill()
        await pause(outageS * 1_000)
        const during = await lab.audit()
        expect(during.waiting).toBeGreaterThan(10)
        await lab.bus.start()
        await pause(300)
        expect(await lab.producer.quiet()).toEqual([])
        const { published, applied, problems } = await settled(lab)
        expect(problems).toEqual([])
        expect(applied).toBe(published)
      })
    })
  })
}

async function withLab(openBus: () => Promise<LabBus>, work: (lab: EventsLab) => Promise<void>): Promise<void> {
  const lab = await openEventsLab(openBus)
  try {
    await work(lab)
  } finally {
    await lab.close()
  }
}

/** The books once everything published has been applied, or with what is missing when that takes too long. */
async function settled(lab: EventsLab): Promise<Audit> {
  const done = async (): Promise<Audit | undefined> => {
    const audit = await lab.audit()
    return audit.problems.length > 0 || (audit.waiting === 0 && audit.applied === audit.published) ? audit : undefined
  }
  return eventually(done, settleWithinMs).catch(() => lab.audit())
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

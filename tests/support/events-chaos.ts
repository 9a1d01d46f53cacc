import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type Audit, type EventsLab, type LabBus, type LabProcess, openEventsLab, type Progress } from './events-lab.ts'

export interface ChaosOptions {
  /** How often something is killed. `HOLON_CHAOS_ROUNDS` goes before it. */
  readonly rounds: number
  /** For how long the bus is away under load. `HOLON_CHAOS_OUTAGE_S` goes before it. */
  readonly outageS: number
}

/** What came in meanwhile is worked off at the machine's pace; that nothing moves for a minute is a failure. */
const settleWithinMs = 600_000
const stuckAfterMs = 60_000
const openWithinMs = 180_000

/** The kill suite: any process may die at any instant, and every committed event is applied exactly once, in order. */
export function testEventsUnderKills(name: string, openBus: () => Promise<LabBus>, options: ChaosOptions): void {
  const rounds = Number(process.env['HOLON_CHAOS_ROUNDS'] ?? options.rounds)
  const outageS = Number(process.env['HOLON_CHAOS_OUTAGE_S'] ?? options.outageS)
  const seed = Number(process.env['HOLON_CHAOS_SEED'] ?? Date.now() % 1_000_000)

  describe(`events on ${name}`, { timeout: settleWithinMs + rounds * 30_000 + outageS * 1_000 }, () => {
    let lab: EventsLab
    beforeAll(async () => {
      lab = await openEventsLab(openBus)
    }, openWithinMs)
    afterAll(() => lab.close(), openWithinMs)

    it(`${rounds} processes are killed, seed ${seed}: every committed event is applied once, in order`, async () => {
      const begun = { startMs: Date.now(), before: await lab.progress() }
      const kills = await killAtRandom(lab, { rounds, random: seeded(seed) })
      await pause(200)
      const unexpected = await lab.producer.quiet()
      expect(unexpected).toEqual([])
      const books = await settled(lab)
      report(name, { seed, rounds, kills }, { ...begun, books })
      expect(books.problems).toEqual([])
      expect(books.applied).toBe(books.published)
      expect(books.published).toBeGreaterThan(rounds)
    })

    it(`the bus is away for ${outageS} s under load: no request fails, and everything arrives`, async () => {
      const begun = { startMs: Date.now(), before: await lab.progress() }
      lab.producer.send({ kind: 'load', seed: -1 })
      await pause(300)
      await lab.bus.kill()
      await pause(outageS * 1_000)
      const { waiting } = await lab.progress()
      expect(waiting).toBeGreaterThan(10)
      await lab.bus.start()
      await pause(300)
      expect(await lab.producer.quiet()).toEqual([])
      const backMs = Date.now()
      const books = await settled(lab)
      const caughtUpAfterS = Math.round((Date.now() - backMs) / 1000)
      report(name, { outageS, waitedInOutbox: waiting, caughtUpAfterS }, { ...begun, books })
      expect(books.problems).toEqual([])
      expect(books.applied).toBe(books.published)
    })

    it(`${rewinds} rewinds under load: each account is applied anew from its first event on, in order`, async () => {
      const begun = { startMs: Date.now(), before: await lab.progress() }
      lab.producer.send({ kind: 'load', seed: -2 })
      for (let done = 0; done < rewinds; done += 1) {
        await pause(700)
        expect(await lab.consumers[done % lab.consumers.length]?.rewind()).toBeUndefined()
      }
      await pause(300)
      expect(await lab.producer.quiet()).toEqual([])
      const books = await appliedToTheEnd(lab)
      report(name, { rewinds }, { ...begun, books })
      expect(books.problems).toEqual([])
      expect(books.applied).toBeGreaterThan(books.published)
    })
  })
}

/** The books once each account has been applied to its last event after the last rewind, or what is wrong when nothing moves. */
async function appliedToTheEnd(lab: EventsLab): Promise<Audit> {
  let [last, movedMs] = [-1, Date.now()]
  for (;;) {
    const books = await lab.audit(rewinds)
    if (books.problems.length === 0 && books.waiting === 0 && books.applied === last) return books
    if (books.applied !== last) movedMs = Date.now()
    if (Date.now() - movedMs > stuckAfterMs / 2) return books
    last = books.applied
    await pause(1_000)
  }
}

const rewinds = 3

/** Kills and starts processes again under load; returns how often each was killed. */
async function killAtRandom(
  lab: EventsLab,
  { rounds, random }: { readonly rounds: number; readonly random: () => number },
): Promise<Readonly<Record<string, number>>> {
  const processes = [lab.producer, ...lab.consumers]
  const targets = [...processes, lab.bus]
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const kills: Record<string, number> = {}
  const kill = async (target: LabProcess | LabBus): Promise<void> => {
    const name = 'name' in target ? target.name : 'bus'
    kills[name] = (kills[name] ?? 0) + 1
    await target.kill()
  }
  const start = async (target: LabProcess | LabBus, round: number): Promise<void> => {
    await target.start()
    if (target === lab.producer) lab.producer.send({ kind: 'load', seed: round })
  }
  lab.producer.send({ kind: 'load', seed: 0 })
  for (let round = 1; round <= rounds; round += 1) {
    await pause(20 + random() * 250)
    const target = pick(targets)
    await kill(target)
    // Now and then it stays away for a while, or a process begins while the bus is away.
    if (random() < 0.3) await pause(random() * 500)
    if (target === lab.bus && random() < 0.3) {
      const other = pick(processes)
      await kill(other)
      await Promise.all([start(other, round), pause(random() * 1000).then(() => start(target, round))])
    } else await start(target, round)
  }
  return kills
}

interface Told {
  readonly books: Audit
  /** The books when the run began. */
  readonly before: Progress
  readonly startMs: number
}

/** One line for the books, which the reference of events quotes. */
function report(bus: string, run: Readonly<Record<string, unknown>>, { books, before, startMs }: Told): void {
  const events = { published: books.published - before.published, applied: books.applied - before.applied }
  const tookS = Math.round((Date.now() - startMs) / 1000)
  console.log(`chaos: ${JSON.stringify({ bus, ...run, ...events, problems: books.problems.length, tookS })}`)
}

/** The books once everything published has been applied, or with what is missing when nothing moves any more. */
async function settled(lab: EventsLab): Promise<Audit> {
  const endMs = Date.now() + settleWithinMs
  let [last, movedMs] = [-1, Date.now()]
  while (Date.now() < endMs && Date.now() - movedMs < stuckAfterMs) {
    const { published, applied, waiting } = await lab.progress()
    if (waiting === 0 && applied >= published) break
    if (applied !== last) movedMs = Date.now()
    last = applied
    await pause(250)
  }
  return lab.audit()
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

import { expect } from 'vitest'

import type { LabParcel } from '../../fixtures/events-lab/run-service.ts'
import { type ChaosRun, pause } from './chaos-run.ts'

const shelves = 20
const each = 12
const storedWithinMs = 240_000

/**
 * Sends parcels of which some end whoever handles them, and expects these to be given up, all others to be stored once,
 * and each shelf to keep its order.
 */
export async function sendDeadly(run: ChaosRun, deadly: number): Promise<Readonly<Record<string, unknown>>> {
  const { lab } = run
  const parcels: LabParcel[] = Array.from({ length: shelves * each }, (_, n) => ({
    id: `p${n}`,
    shelf: `s${n % shelves}`,
    deadly: false,
  }))
  const places = new Set<number>()
  while (places.size < deadly) places.add(Math.floor(run.random() * parcels.length))
  for (const place of places) parcels[place] = { ...(parcels[place] as LabParcel), deadly: true }
  const before = lab.consumers.map(({ deaths }) => deaths)
  const release = lab.consumers.map((consumer) => consumer.keepAlive())
  try {
    run.load(-5)
    lab.producer.send({ kind: 'send', parcels })
    await lab.producer.hear('sent')
    const endMs = Date.now() + storedWithinMs
    for (;;) {
      const { stored, dead } = await lab.parcels()
      if (stored.length + dead.length >= parcels.length || Date.now() > endMs) break
      await pause(250)
    }
  } finally {
    for (const stop of release) stop()
  }
  const { stored, dead } = await lab.parcels()
  expect([...dead].toSorted()).toEqual(parcels.flatMap(({ id, deadly: kills }) => (kills ? [id] : [])).toSorted())
  for (let shelf = 0; shelf < shelves; shelf += 1) {
    const alive = parcels.filter((parcel) => parcel.shelf === `s${shelf}` && !parcel.deadly).map(({ id }) => id)
    expect(stored.filter((id) => alive.includes(id))).toEqual(alive)
  }
  const deaths = lab.consumers.reduce((sum, consumer, at) => sum + consumer.deaths - (before[at] ?? 0), 0)
  // Two tries are allowed, and the first crash is only suspected afterwards.
  expect(deaths).toBeLessThanOrEqual(deadly * 3)
  return { deadly, deaths, stored: stored.length }
}

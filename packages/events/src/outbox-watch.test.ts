import { ManualPlatform } from '@holon/contract/manual-platform'
import { expect, inject, test } from 'vitest'

import { type OutboxLag, OutboxWatch } from './outbox-watch.ts'

interface World {
  readonly platform: ManualPlatform
  readonly watch: OutboxWatch
  readonly told: OutboxLag[]
  looks: number
  lag: { waiting: number; oldestMs: number } | Error
  commit(): void
}

function setUp(): World {
  const platform = new ManualPlatform({ lateMs: inject('lateMs') })
  const told: OutboxLag[] = []
  const wakes = new Set<() => void>()
  const world: World = {
    platform,
    told,
    looks: 0,
    lag: { waiting: 0, oldestMs: 0 },
    commit: () => wakes.forEach((wake) => wake()),
    watch: new OutboxWatch({
      platform,
      onLag: (lag) => void told.push(lag),
      outbox: {
        lag: async () => {
          world.looks += 1
          if (world.lag instanceof Error) throw world.lag
          return world.lag
        },
        onAppend: (wake) => {
          wakes.add(wake)
          return () => void wakes.delete(wake)
        },
      },
    }),
  }
  return world
}

const pass = (world: World, ms: number): Promise<void> => world.platform.pass(ms)

test('an idle outbox is looked at once and never again', async () => {
  const world = setUp()
  world.watch.start()
  await pass(world, 600_000)
  expect(world).toMatchObject({ looks: 1, told: [] })
  await world.watch.stop()
})

test('while events wait it tells every five seconds, when that gets late, and when it is over', async () => {
  const world = setUp()
  world.watch.start()
  await pass(world, 10_000)
  world.lag = { waiting: 3, oldestMs: 4_000 }
  for (let commits = 0; commits < 100; commits++) world.commit()
  await pass(world, 5_000 + inject('lateMs'))
  world.lag = { waiting: 9, oldestMs: 31_000 }
  await pass(world, 10_000 + 2 * inject('lateMs'))
  world.lag = { waiting: 0, oldestMs: 0 }
  await pass(world, 60_000)
  expect(world.told).toEqual([
    { waiting: 3, oldestMs: 4_000, late: 'no' },
    { waiting: 9, oldestMs: 31_000, late: 'began' },
    { waiting: 9, oldestMs: 31_000, late: 'yes' },
    { waiting: 0, oldestMs: 0, late: 'ended' },
  ])
  expect(world.looks).toBe(5)
  await world.watch.stop()
})

test('a store that does not answer is asked again; after the stop nothing is', async () => {
  const world = setUp()
  world.watch.start()
  world.lag = new Error('away')
  await pass(world, 11_000)
  expect(world).toMatchObject({ looks: 2, told: [] })
  world.lag = { waiting: 1, oldestMs: 1 }
  await pass(world, 5_000 + inject('lateMs'))
  expect(world.told).toHaveLength(1)
  await world.watch.stop()
  world.commit()
  await pass(world, 60_000)
  expect(world.looks).toBe(3)
})

import { expect, test } from 'vitest'

import { WriteOrder } from './write-order.ts'

test('batches are written in the order in which they were given, one at a time, whatever became of those before', async () => {
  const order = new WriteOrder()
  const told: string[] = []
  const write = (name: string, fails = false): Promise<string> =>
    order.write(async () => {
      told.push(`${name} begins`)
      await Promise.resolve()
      told.push(`${name} ends`)
      if (fails) throw new Error(`${name} failed`)
      return name
    })
  const all = await Promise.allSettled([write('a'), write('b', true), write('c')])
  expect(told).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  expect(all).toMatchObject([{ value: 'a' }, { reason: { message: 'b failed' } }, { value: 'c' }])
})

test('the next one waits for what holds it up, and who asks whether nothing is written does, too', async () => {
  const order = new WriteOrder()
  const told: string[] = []
  const cleared = Promise.withResolvers<void>()
  order.holdUp(cleared.promise)
  const written = order.write(async () => void told.push('written'))
  const idle = order.idle().then(() => told.push('idle'))
  await Promise.resolve()
  told.push('cleared')
  cleared.resolve()
  await Promise.all([written, idle])
  expect(told).toEqual(['cleared', 'written', 'idle'])
})

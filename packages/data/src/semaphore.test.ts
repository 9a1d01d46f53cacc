import { systemPlatform } from '@holon/contract/system-platform'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { Semaphore } from './semaphore.ts'

const patient = { timeoutMs: 10_000, timeoutError: () => new Error('late') }

test('permits are granted in order, never more at a time than there are, and all of them in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(fc.nat(3), { maxLength: 20 }), async (slots, yields) => {
      const semaphore = new Semaphore(systemPlatform(), slots)
      const order: number[] = []
      let held = 0
      let most = 0
      await Promise.all(
        yields.map(async (turns, index) => {
          const release = await semaphore.acquire(patient)
          order.push(index)
          held += 1
          most = Math.max(most, held)
          for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
          held -= 1
          release()
          release() // giving back twice must not make a second permit
        }),
      )
      expect(order).toEqual(yields.map((_, index) => index))
      expect(most).toBeLessThanOrEqual(slots)
    }),
    { numRuns: 50 },
  )
})

test('who waits too long, or is aborted, or finds it closed, is refused and takes no permit', async () => {
  const semaphore = new Semaphore(systemPlatform(), 1)
  const release = await semaphore.acquire(patient)
  await expect(semaphore.acquire({ ...patient, timeoutMs: 5 })).rejects.toThrow('late')
  const controller = new AbortController()
  const aborted = semaphore.acquire({ ...patient, signal: controller.signal })
  controller.abort(new Error('gone'))
  await expect(aborted).rejects.toThrow('gone')
  const next = semaphore.acquire(patient)
  release()
  const releaseNext = await next
  const waiting = semaphore.acquire(patient)
  semaphore.close(new Error('closed'))
  await expect(waiting).rejects.toThrow('closed')
  releaseNext()
  await expect(semaphore.acquire(patient)).rejects.toThrow('closed')
})

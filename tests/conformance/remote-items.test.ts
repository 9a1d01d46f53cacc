import { defineService } from '@holon/app'
import { defineContract, type Observation, stream } from '@holon/contract'
import type { Invoker } from '@holon/rpc'
import { startTestApp, type TestApp } from '@holon/testing'
import { afterEach, expect, it } from 'vitest'
import { z } from 'zod'

/* Items that another process answers with, seen by a reader who does not just read them one after the other. */

const numbers = (item: z.ZodType<number>) =>
  defineContract('numbers', {
    operations: { count: stream({ input: z.object({ to: z.int() }), serverStream: item }) },
  })
const offered = numbers(z.int())
/** The caller's version of the contract wants less. */
const wanted = numbers(z.int().max(3))

let app: TestApp
afterEach(() => app.close())

async function start(): Promise<{ caller: Invoker; left: () => number; observations: readonly Observation[] }> {
  let left = 0
  const service = defineService(offered, {
    operations: {
      count: async function* ({ to }) {
        try {
          for (let n = 1; n <= to; n++) yield n
        } finally {
          left++
        }
      },
    },
  })
  app = await startTestApp([service], { placement: 'split' })
  // As it is: what readers see is what this is about.
  const outside = app.instances.at(-1)
  if (outside === undefined) throw new Error('Nothing runs.')
  return { caller: outside.invoker('test'), left: () => left, observations: app.observations }
}

it('an item that the caller’s version of the contract refuses ends the stream after those before it', async () => {
  const { caller, left, observations } = await start()
  const seen: unknown[] = []
  const read = async (): Promise<void> => {
    for await (const item of caller.stream(wanted.operations.count, { to: 1_000_000 })) seen.push(item)
  }
  await expect(read()).rejects.toMatchObject({
    code: 'internal',
    message: expect.stringContaining("this caller's version of the contract refuses") as unknown,
  })
  expect(seen).toEqual([1, 2, 3])
  await expect.poll(left).toBe(1)
  expect(observations.filter(({ kind }) => kind === 'call-made')).toMatchObject([{ error: { code: 'internal' } }])
})

it('several readers of one stream get its items in the order in which they asked, and one end each', async () => {
  const { caller } = await start()
  const items = caller.stream(offered.operations.count, { to: 500 })[Symbol.asyncIterator]()
  const results = await Promise.all(Array.from({ length: 503 }, () => items.next()))
  expect(results.slice(0, 500).map(({ value }) => value as unknown)).toEqual(
    Array.from({ length: 500 }, (_, n) => n + 1),
  )
  expect(results.slice(500)).toEqual(Array.from({ length: 3 }, () => ({ done: true, value: undefined })))
})

it('a reader that leaves while it waits is told, the handler is left, and nothing comes after', async () => {
  const { caller, left, observations } = await start()
  const items = caller.stream(offered.operations.count, { to: 1_000_000 })[Symbol.asyncIterator]()
  expect(await items.next()).toEqual({ done: false, value: 1 })
  expect(await items.return?.()).toEqual({ done: true, value: undefined })
  expect(await items.next()).toEqual({ done: true, value: undefined })
  await expect.poll(left).toBe(1)
  expect(observations.filter(({ kind }) => kind === 'call-made')).toMatchObject([{ error: { code: 'cancelled' } }])
})

it('a stream that was never read begins nothing', async () => {
  const { caller, observations } = await start()
  const items = caller.stream(offered.operations.count, { to: 5 })[Symbol.asyncIterator]()
  expect(await items.return?.()).toEqual({ done: true, value: undefined })
  expect(await items.next()).toEqual({ done: true, value: undefined })
  expect(observations.filter(({ kind }) => kind.startsWith('call'))).toEqual([])
})

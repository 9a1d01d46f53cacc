import { defineService } from '@holon/app'
import { command, defineContract, query, stream } from '@holon/contract'
import { startTestApp, type TestApp } from '@holon/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'

/* What is larger than a link carries: refused as the fault of the side that made it, and never worth another try. */

const store = defineContract('store', {
  operations: {
    blob: query({ input: z.object({ size: z.int() }), output: z.string() }),
    blobs: stream({ input: z.object({ sizes: z.array(z.int()) }), serverStream: z.string() }),
    keep: command({ input: z.object({ blob: z.string() }), output: z.int() }),
  },
})
const tooLarge = 128 * 1024 * 1024 + 1
const blob = (size: number): string => 'a'.repeat(size)

const service = defineService(store, {
  operations: {
    blob: ({ size }) => blob(size),
    blobs: function* ({ sizes }) {
      for (const size of sizes) yield blob(size)
    },
    keep: (input) => input.blob.length,
  },
})

let app: TestApp
beforeEach(async () => {
  app = await startTestApp([service], { placement: 'split' })
})
afterEach(() => app.close())

const { blob: ask, blobs: list, keep } = store.operations
const message = expect.stringContaining('at most 134217728 can be sent') as unknown

it('an answer that is too large is a fault of the service, which another try would only repeat', async () => {
  const invoker = app.invoker()
  const failed = invoker.call(ask, { size: tooLarge })
  await expect(failed).rejects.toMatchObject({ code: 'internal', retryable: false, mayHaveRun: true, message })
  expect(await invoker.call(ask, { size: 3 })).toBe('aaa')
})

it('so is an item of an answer, after the items before it', async () => {
  const invoker = app.invoker()
  const seen: unknown[] = []
  const read = async (): Promise<void> => {
    for await (const item of invoker.stream(list, { sizes: [1, 2, tooLarge, 3] })) seen.push(item)
  }
  await expect(read()).rejects.toMatchObject({ code: 'internal', retryable: false, mayHaveRun: true, message })
  expect(seen).toEqual(['a', 'aa'])
})

it('an input that is too large is a mistake of the caller, which another try would only repeat', async () => {
  const invoker = app.invoker()
  const failed = invoker.call(keep, { blob: blob(tooLarge) })
  await expect(failed).rejects.toMatchObject({ code: 'invalid_argument', retryable: false, mayHaveRun: false, message })
  expect(await invoker.call(keep, { blob: 'abc' })).toBe(3)
})

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { defineService } from '@holon/app'
import { command, defineContract, fail, failure, isFailure, ServiceError, stream } from '@holon/contract'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'

import { BrokenFake, record, replay, startTestApp } from '../index.ts'

const Charge = z.object({ orderId: z.string(), cents: z.int() })
const operations = {
  charge: command({
    input: Charge,
    output: z.object({ chargeId: z.string(), n: z.int() }),
    errors: { declined: failure('failed_precondition', z.object({ reason: z.string() })) },
  }),
  cancel: command({ input: z.object({ orderId: z.string() }) }),
  history: stream({ input: z.object({ orderId: z.string() }), serverStream: z.string() }),
  sum: stream({ clientStream: z.int(), output: z.int() }),
}
const payments = defineContract('payments', { operations })
const till = defineContract('till', {
  operations: {
    ...operations,
    charge: command({ ...operations.charge, errors: {} }),
  },
})

let n = 0
const real = defineService(payments, {
  operations: {
    charge: ({ orderId, cents }) => {
      if (orderId === 'down') throw new ServiceError('unavailable', 'Later.')
      if (orderId === 'unknown') throw new ServiceError('not_found', 'There is no such order.')
      if (cents > 1_000) throw fail(payments.operations.charge, 'declined', { reason: 'too much' })
      return { chargeId: `c-${orderId}`, n: ++n }
    },
    cancel: () => undefined,
    history: async function* ({ orderId }) {
      yield `began ${orderId}`
      if (orderId === 'torn') throw new ServiceError('data_loss', 'The book is torn.')
      yield `ended ${orderId}`
    },
    sum: async (_input, _ctx, items) => {
      let sum = 0
      for await (const item of items) sum += item
      return sum
    },
  },
})
/** A service that only hands on, so that the neighbour is called as services call each other. */
const tillService = defineService(till, {
  uses: { payments },
  operations: {
    charge: (input, ctx) => ctx.payments.charge(input),
    cancel: (input, ctx) => ctx.payments.cancel(input),
    history: (input, ctx) => ctx.payments.history(input),
    sum: (_input, ctx, items) => ctx.payments.sum(undefined, items),
  },
})

let folder: string
let file: string
beforeEach(async () => {
  n = 0
  folder = await mkdtemp(join(tmpdir(), 'holon-recording-'))
  file = join(folder, 'made', 'payments.json')
})
afterEach(() => rm(folder, { recursive: true }))

const tea = { orderId: 'o1', cents: 5 }

async function use(fakes: readonly [ReturnType<typeof record>]): Promise<unknown[]> {
  await using app = await startTestApp([tillService], { fakes })
  const client = app.client(till)
  const caught = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error)
  const declined = await caught(client.charge({ orderId: 'o2', cents: 2_000 }))
  expect(isFailure(declined, payments.operations.charge, 'declined')).toBe(true)
  return [
    await client.charge(tea),
    await client.charge(tea),
    await client.cancel({ orderId: 'o1' }),
    await Array.fromAsync(client.history({ orderId: 'o1' })),
    await caught(Array.fromAsync(client.history({ orderId: 'torn' }))),
    await client.sum(undefined, [1, 2, 3]),
    await caught(client.charge({ orderId: 'unknown', cents: 1 })),
  ]
}

async function recorded(): Promise<unknown[]> {
  await using neighbour = await startTestApp([real])
  // Its neighbour must not be closed before it has been used.
  return await use([record(payments, file, neighbour.client(payments))])
}

it('a neighbour whose answers were recorded answers the same without being there', async () => {
  const first = await recorded()
  expect(first).toMatchObject([
    { chargeId: 'c-o1', n: 1 },
    { chargeId: 'c-o1', n: 2 },
    undefined,
    ['began o1', 'ended o1'],
    { code: 'data_loss' },
    6,
    { code: 'not_found', message: 'There is no such order.' },
  ])
  expect(await use([replay(payments, pathToFileURL(file))])).toEqual(first)
})

it('the last of several answers to the same input is given again', async () => {
  await recorded()
  await using app = await startTestApp([tillService], { fakes: [replay(payments, file)] })
  const answers = [1, 2, 3, 4].map(() => app.client(till).charge(tea))
  expect((await Promise.all(answers)).map((answer) => answer.n)).toEqual([1, 2, 2, 2])
})

it('a call that was not recorded fails the test, and names what was', async () => {
  await recorded()
  const app = await startTestApp([tillService], { fakes: [replay(payments, file)] })
  const message =
    /payments.json has no answer to \{"orderId":"o9","cents":5\}: it has charge with \{"orderId":"o2","cents":2000\}, \{"orderId":"o1"/
  await expect(app.client(till).charge({ orderId: 'o9', cents: 5 })).rejects.toThrow(message)
  await expect(app.close()).rejects.toThrow(BrokenFake)
})

it('what says nothing of the service is handed on and not recorded', async () => {
  await using neighbour = await startTestApp([real])
  {
    const fakes = [record(payments, file, neighbour.client(payments))]
    await using app = await startTestApp([tillService], { fakes })
    await expect(app.client(till).charge({ orderId: 'down', cents: 1 })).rejects.toMatchObject({ code: 'unavailable' })
  }
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ contract: 'payments', calls: [] })
})

it('answers that the contract does not allow any more are refused, all of them, before anything runs', async () => {
  await recorded()
  const today = defineContract('payments', {
    operations: {
      charge: command({ input: Charge, output: z.object({ chargeId: z.string(), currency: z.string() }) }),
      cancel: command({ input: z.object({ orderId: z.string() }) }),
      history: stream({ input: z.object({ orderId: z.string() }), serverStream: z.int() }),
    },
  })
  const problems = [
    /call 1, charge: the failure 'declined' is not declared any more/,
    /call 2, charge: the answer.currency: /,
    /call 5, history: an item: /,
    /call 7, sum: the contract has no such operation/,
    /record it again with record\(\)/,
  ]
  for (const problem of problems) expect(() => replay(today, file)).toThrow(problem)
})

it('a file that is no recording of this contract is refused', async () => {
  const broken = join(folder, 'broken.json')
  await writeFile(broken, '{ "calls": 5 }')
  expect(() => replay(payments, broken)).toThrow(/cannot be read \(.*\); make it with record\(\)/)
  expect(() => replay(payments, join(folder, 'none.json'))).toThrow(/cannot be read/)
  await writeFile(broken, '{ "contract": "other", "calls": [] }')
  expect(() => replay(payments, broken)).toThrow(/it is a recording of 'other', not of 'payments'/)
})

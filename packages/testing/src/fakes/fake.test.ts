import { once } from 'node:events'

import { defineContract, fail, failure, isFailure, query, ServiceError } from '@holon/contract'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { createParcels, orders, payments } from '../fixtures/parcels.ts'
import { BrokenFake, fake, type FakeHandlers, startTestApp, type TestApp } from '../index.ts'

const tea = { orderId: 'o1', cents: 100 }
const other = defineContract('other', {
  operations: { get: query({ errors: { gone: failure('not_found', z.object({ id: z.string() })) } }) },
})

/** What the types of a fake would not let through. */
const wrong = (handlers: object): FakeHandlers<typeof payments> => handlers

const start = (handlers: FakeHandlers<typeof payments>): Promise<TestApp> =>
  startTestApp([createParcels().orders], { fakes: [fake(payments, handlers)] })

/** The test has failed: however it uses the app, and however it takes what comes. */
async function expectBroken(app: TestApp, message: RegExp): Promise<void> {
  await expect(app.settled()).rejects.toThrow(message)
  await expect(app.published(orders.events.placed)).rejects.toThrow(BrokenFake)
  await expect(app.client(orders).due()).rejects.toThrow(BrokenFake)
  await expect(app.close()).rejects.toThrow(message)
}

it('answers with the types of the contract, and publishes its events', async () => {
  await using app = await startTestApp([createParcels().orders], {
    fakes: [
      fake(payments, {
        charge: async (order, ctx) => {
          await ctx.publish(payments.events.charged, order)
          return { chargeId: `for ${ctx.caller}: ${order.cents}` }
        },
      }),
    ],
  })
  expect(await app.client(orders).place(tea)).toMatchObject({ chargeId: 'for orders: 100' })
  expect(await app.published(payments.events.charged)).toMatchObject([{ data: tea, source: '/test/payments' }])
  // @ts-expect-error -- no number
  fake(payments, { charge: () => ({ chargeId: 5 }) })
  // @ts-expect-error -- no such operation
  expect(() => fake(payments, { pay: () => ({}) })).toThrow(/answers 'pay', which its contract does not have/)
})

it('that breaks its contract is told where a test ends that has failed already, too', async () => {
  const warned = once(process, 'warning')
  const test = async (): Promise<void> => {
    await using app = await start(wrong({ charge: () => ({ chargeId: 5 }) }))
    await app.client(orders).place(tea)
  }
  // Of which runners show neither of its two errors.
  await expect(test()).rejects.toMatchObject({ name: 'SuppressedError' })
  expect(await warned).toEqual([expect.any(BrokenFake)])
})

it('may fail as its contract declares, and as any service may', async () => {
  await using app = await start({
    charge: ({ orderId }) => {
      if (orderId === 'down') throw new ServiceError('unavailable', 'Later.')
      if (orderId === 'own') throw new ServiceError('internal', 'Its own.')
      throw fail(payments.operations.charge, 'declined', { reason: 'no cover' })
    },
  })
  const declined = await app
    .client(orders)
    .place(tea)
    .catch((error: unknown) => error)
  expect(isFailure(declined, payments.operations.charge, 'declined')).toBe(true)
  await expect(app.client(orders).place({ ...tea, orderId: 'down' })).rejects.toMatchObject({ code: 'unavailable' })
  await expect(app.client(orders).place({ ...tea, orderId: 'own' })).rejects.toMatchObject({ code: 'internal' })
  // The caller's mistake is not the fake's.
  await expect(app.client(payments).charge({ orderId: 'x', cents: 0.5 })).rejects.toMatchObject({
    code: 'invalid_argument',
  })
})

describe('fails the test, and not only the call', () => {
  it.each<readonly [string, FakeHandlers<typeof payments>, RegExp]>([
    [
      'an answer outside the schema',
      wrong({ charge: () => ({ chargeId: 5 }) }),
      /output of payments.charge does not match its contract: chargeId/,
    ],
    [
      'a failure with wrong data',
      wrong({
        charge: () => {
          throw fail(payments.operations.charge, 'declined', {} as never)
        },
      }),
      /failure 'declined' with wrong data: reason/,
    ],
    [
      'a failure that nobody declares',
      wrong({
        charge: () => {
          throw new ServiceError('aborted', 'no', { failure: { name: 'odd', data: 1, origin: 'payments.charge' } })
        },
      }),
      /failure 'odd', which the contract does not declare/,
    ],
    [
      'a failure of another operation',
      wrong({
        charge: () => {
          throw fail(other.operations.get, 'gone', { id: 'x' })
        },
      }),
      /failed with 'gone' of other.get/,
    ],
    [
      'an error that is none of a service',
      {
        charge: () => {
          throw new TypeError('x is undefined')
        },
      },
      /x is undefined/,
    ],
    ['a call that it does not answer', {}, /write fake\(payments, \{ charge: … \}\)/],
  ])('%s', async (_name, handlers, message) => {
    const app = await start(handlers)
    await expect(app.client(orders).place(tea)).rejects.toThrow(message)
    await expectBroken(app, /payments.charge, called by orders/)
  })

  it('an item outside the schema, or an error after some', async () => {
    for (const history of [
      () => ['a', 5 as never],
      function* () {
        yield 'a'
        throw new Error('torn')
      },
    ]) {
      const app = await start(wrong({ history }))
      await expect(Array.fromAsync(app.client(orders).history({ orderId: 'o1' }))).rejects.toThrow(BrokenFake)
      await expectBroken(app, /payments.history, called by orders: /)
    }
  })

  it('a call of a service that nothing stands for', async () => {
    const app = await startTestApp(createParcels().app, { only: ['orders'] })
    await expect(app.client(orders).place(tea)).rejects.toThrow(
      /Nothing runs here for 'payments': add it to `only`, or give `fakes: \[fake\(payments, \{ charge: … \}\)\]`/,
    )
    await expectBroken(app, /payments.charge, called by orders/)
  })

  it('also when only a request, or only an event, came upon it', async () => {
    const app = await startTestApp(createParcels().app, { only: ['orders'] })
    const request = { method: 'POST', body: JSON.stringify(tea), headers: { 'content-type': 'application/json' } }
    await expect(app.http('/api/orders', { ...request, identity: 'ann' })).rejects.toThrow(BrokenFake)
    await expectBroken(app, /payments.charge/)
  })
})

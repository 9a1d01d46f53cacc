import { Mail } from '@shop/app/services/notifications/contract.ts'
import { Order, OrderStep } from '@shop/app/services/orders/contract.ts'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { newPerson, type Person } from '../../support/shop-client.ts'
import type { ShopUnderTest } from './shop-api.ts'

/** What follows from an order arrives a moment later. */
const timeout = 30_000
const Frames = /^event: message\ndata: (?<data>.*)$/gm

/** What happens once an order is paid. */
export function describeFulfilment({ shop, api }: ShopUnderTest): void {
  const order = async (paymentMethod: string): Promise<{ readonly person: Person; readonly order: Order }> => {
    const person = await newPerson(api())
    const { token } = person
    await api()('PUT /cart/items/p-0004', { token, body: { quantity: 1 } })
    await api()('POST /orders', { token, body: { paymentMethod } })
    const { items } = z.object({ items: z.array(Order) }).parse((await api()('GET /orders', { token })).body)
    const [placed] = items
    if (placed === undefined) throw new Error('There is no order.')
    return { person, order: placed }
  }
  const mailsOf = async ({ token }: Person): Promise<Mail[]> =>
    z.object({ items: z.array(Mail) }).parse((await api()('GET /mails', { token })).body).items
  const follow = (id: string, token: string) =>
    fetch(`${shop().url}/api/orders/${id}/events`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeout),
    })

  describe('a paid order', () => {
    test('is followed live until it is delivered, and its customer gets a mail of each kind', async () => {
      const { person, order: placed } = await order('card')
      const stream = await follow(placed.id, person.token)
      expect(stream.headers.get('content-type')).toContain('text/event-stream')
      const text = await stream.text()
      const steps = [...text.matchAll(Frames)].map(({ groups }) => OrderStep.parse(JSON.parse(groups?.['data'] ?? '')))
      expect(steps.map(({ status }) => status)).toEqual(['pending', 'paid', 'packed', 'shipped', 'delivered'])
      expect(text).toContain('event: end')
      await expect.poll(async () => (await mailsOf(person)).length, { timeout }).toBe(3)
      const mails = await mailsOf(person)
      expect(mails.map(({ kind }) => kind).toSorted()).toEqual(['confirmation', 'shipped', 'welcome'])
      expect(new Set(mails.map(({ to }) => to))).toEqual(new Set([person.email]))
      const shipped = mails.find(({ kind }) => kind === 'shipped')
      expect(shipped).toMatchObject({ orderId: placed.id })
      expect(shipped?.body).toContain(steps.at(-1)?.trackingCode)
    })

    test('is followed by its customer alone', async () => {
      const [{ order: placed }, other] = [await order('invoice'), await newPerson(api())]
      expect((await follow(placed.id, other.token)).status).toBe(404)
      expect((await follow(placed.id, 'nobody')).status).toBe(401)
      await expect.poll(async () => (await mailsOf(other)).map(({ kind }) => kind), { timeout }).toEqual(['welcome'])
    })
  })

  test('a cancelled order is neither sent nor confirmed', async () => {
    const { person, order: placed } = await order('card-declined')
    expect(placed.status).toBe('cancelled')
    const text = await (await follow(placed.id, person.token)).text()
    expect([...text.matchAll(Frames)]).toHaveLength(2)
    await expect.poll(async () => (await mailsOf(person)).map(({ kind }) => kind), { timeout }).toEqual(['welcome'])
  })

  test('a cart that is checked out several times at once, without any key, is bought once', async () => {
    const { token } = await newPerson(api())
    await api()('PUT /cart/items/p-0004', { token, body: { quantity: 1 } })
    const place = () => api()('POST /orders', { token, body: { paymentMethod: 'invoice' } })
    const answers = await Promise.all([place(), place(), place(), place()])
    const ids = answers.filter(({ status }) => status === 201).map(({ body }) => Order.parse(body).id)
    expect(ids.length).toBeGreaterThan(0)
    expect(new Set(ids).size).toBe(1)
    expect((await api()('GET /orders', { token })).body).toMatchObject({ items: [{ id: ids[0] }] })
  })
}

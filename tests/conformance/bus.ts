import type { BusSubscription } from '@holon/events'
import { describe, expect, it } from 'vitest'

import { testDeliveredAgain } from './bus-again.ts'
import { acknowledging, type BusBench, type BusSuiteOptions, type BusUnderTest, Receiver, useBus } from './bus-bench.ts'
import { testBusControl } from './bus-control.ts'
import { testBusDurability } from './bus-durability.ts'
import { testEphemeral } from './bus-ephemeral.ts'
import { testBusLimits } from './bus-limits.ts'

export type { BusSuiteOptions, BusUnderTest } from './bus-bench.ts'

/** The suite that every bus passes. Guarantees are numbered as in `packages/events/src/bus.ts`. */
export function testBus(name: string, open: () => Promise<BusUnderTest>, options: BusSuiteOptions = {}): void {
  describe(`bus ${name}`, { timeout: Math.max(30_000, (options.timeoutMs ?? 0) * 3) }, () => {
    const bench = useBus(open, options)
    testDelivery(bench)
    testDeliveredAgain(bench, options)
    testBusControl(bench, options)
    testEphemeral(bench, options)
    testBusDurability(bench, options)
    testBusLimits(bench, options)
  })
}

function testDelivery(bench: BusBench): void {
  const { connect, fresh, message, join, until, drained, quiet } = bench

  it('a message arrives as it was sent', async () => {
    const one = await fresh()
    const receiver = acknowledging()
    await join(one, receiver)
    const original = message('k1')
    await one.publish([original])
    await until(() => receiver.ids, [original.id])
    const [delivery] = receiver.deliveries
    const { body, timeMs, attributes, ...rest } = delivery?.message ?? original
    expect(rest).toEqual({ id: original.id, topic: original.topic, key: original.key })
    expect(attributes).toMatchObject(original.attributes)
    expect(body).toBe(original.body)
    expect(Math.abs(timeMs - original.timeMs)).toBeLessThan(60_000)
    expect([delivery?.redelivered, delivery?.revoked.aborted]).toEqual([false, false])
  })

  it('every subscription gets every message of its topics, and of no other', async () => {
    const one = await fresh()
    const [first, second] = [acknowledging(), acknowledging()]
    await join(one, first)
    await join(await connect(), second, { subscription: `${bench.subscription}b` })
    const messages = Array.from({ length: 20 }, (_, n) => message(`k${n % 4}`))
    const stranger = { ...message('k1'), topic: `${bench.topic}else` }
    await one.publish([stranger, ...messages])
    const ids = messages.map(({ id }) => id).toSorted()
    await until(() => first.ids.toSorted(), ids)
    await until(() => second.ids.toSorted(), ids)
  })

  it('messages of one key arrive in the order of publishing, over many batches (B3)', async () => {
    const one = await fresh()
    const receiver = acknowledging()
    await join(one, receiver, { window: 10 })
    const messages = Array.from({ length: 300 }, (_, n) => message(`k${n % 7}`))
    for (let from = 0; from < messages.length; from += 30) await one.publish(messages.slice(from, from + 30))
    await until(() => receiver.ids.length, 300)
    for (let key = 0; key < 7; key += 1) {
      const inOrder = messages.filter((each) => each.key === `k${key}`).map(({ id }) => id)
      expect(receiver.ofKey(`k${key}`)).toEqual(inOrder)
    }
  })

  it('batches published at the same time by one member keep the order in which they were given (B3)', async () => {
    const one = await fresh()
    const receiver = acknowledging()
    await join(one, receiver)
    const messages = Array.from({ length: 100 }, () => message('k'))
    await Promise.all(Array.from({ length: 10 }, (_, n) => one.publish(messages.slice(n * 10, n * 10 + 10))))
    await until(
      () => receiver.ids,
      messages.map(({ id }) => id),
    )
  })

  it('members of one subscription share its messages, each key at one member at a time (B3)', async () => {
    const publisher = await fresh()
    const holders = new Map<string, Set<Receiver>>()
    const receivers = [0, 1].map(
      () =>
        new Receiver((delivery) => {
          const { key } = delivery.message
          const holding = holders.get(key) ?? new Set()
          holders.set(key, holding)
          const self = receivers.find(({ deliveries }) => deliveries.includes(delivery))
          if (self === undefined) throw new Error('unknown receiver')
          holding.add(self)
          expect(holding.size).toBe(1)
          setTimeout(() => {
            holding.delete(self)
            delivery.ack()
          }, 2)
        }),
    )
    const joined: BusSubscription[] = []
    for (const receiver of receivers) joined.push(await join(await connect(), receiver, { window: 1 }))
    const messages = Array.from({ length: 120 }, (_, n) => message(`k${n % 24}`))
    for (let from = 0; from < messages.length; from += 12) await publisher.publish(messages.slice(from, from + 12))
    const all = (): readonly string[] => receivers.flatMap(({ ids }) => ids)
    await until(() => new Set(all()).size, 120)
    if (joined[0]) await drained(joined[0])
  })

  it('what a member leaves unacknowledged comes again, in order, to another (B4)', async () => {
    const publisher = await fresh()
    const leaver = new Receiver((delivery) => {
      if (delivery.message.key === 'acked') delivery.ack()
    })
    const first = await connect()
    await join(first, leaver)
    const messages = ['a', 'b', 'acked', 'a', 'b', 'a'].map((key) => message(key))
    await publisher.publish(messages)
    await until(() => leaver.ids.length, 6)
    const heir = acknowledging()
    const second = await join(await connect(), heir)
    await first.close()
    const [a1, b1, acked, a2, b2, a3] = messages.map(({ id }) => id)
    await until(() => heir.ofKey('a'), [a1, a2, a3])
    await until(() => heir.ofKey('b'), [b1, b2])
    expect(leaver.deliveries.filter(({ message: { id } }) => id !== acked).every((d) => d.revoked.aborted)).toBe(true)
    await drained(second)
  })

  it('an acknowledgement after the message was revoked has no effect (B4)', async () => {
    const publisher = await fresh()
    const leaver = new Receiver()
    const first = await connect()
    await join(first, leaver)
    await publisher.publish([message('k')])
    await until(() => leaver.ids.length, 1)
    await first.close()
    leaver.deliveries[0]?.ack()
    const heir = acknowledging()
    await join(await connect(), heir)
    await until(() => heir.ids, leaver.ids)
  })

  it('messages wait for a subscription whose members are all away (B2)', async () => {
    const publisher = await fresh()
    const before = await connect()
    await join(before, acknowledging())
    await before.close()
    const messages = [message('k'), message('k')]
    await publisher.publish(messages)
    const receiver = acknowledging()
    await join(await connect(), receiver)
    await until(
      () => receiver.ids,
      messages.map(({ id }) => id),
    )
  })

  it('acknowledged messages do not come again, also when acknowledged out of order', async () => {
    const publisher = await fresh()
    const reverse = new Receiver(() => {
      if (reverse.deliveries.length === 5) for (const delivery of reverse.deliveries.toReversed()) delivery.ack()
    })
    const first = await connect()
    const joined = await join(first, reverse)
    await publisher.publish(Array.from({ length: 5 }, (_, n) => message(`k${n}`)))
    await drained(joined)
    await first.close()
    const receiver = acknowledging()
    await join(await connect(), receiver)
    const last = message('k0')
    await publisher.publish([last])
    await until(() => receiver.ids, [last.id])
  })

  it("with 'new' a subscription begins with what is published later, with 'all' at the beginning", async () => {
    const publisher = await fresh()
    const [old, later] = [message('k'), message('k')]
    await publisher.publish([old])
    const [fromNow, fromStart] = [acknowledging(), acknowledging()]
    await join(await connect(), fromNow, { start: 'new' })
    await join(await connect(), fromStart, { start: 'all', subscription: `${bench.subscription}b` })
    await publisher.publish([later])
    await until(() => fromStart.ids, [old.id, later.id])
    await until(() => fromNow.ids, [later.id])
  })

  it('no more messages of a key are on loan than the window allows (B5)', async () => {
    const publisher = await fresh()
    const receiver = new Receiver()
    await join(await connect(), receiver, { window: 3 })
    await publisher.publish(Array.from({ length: 10 }, () => message('k')))
    await until(() => receiver.ids.length > 0, true)
    await quiet()
    expect(receiver.ids.length).toBeLessThanOrEqual(3)
    for (let done = 0; done < 10; done += 1) {
      await until(() => receiver.ids.length > done, true)
      receiver.deliveries[done]?.ack()
    }
    await until(() => receiver.ids.length, 10)
  })

  for (const [stuck, each] of [
    [1, 300],
    [30, 10],
  ] as const) {
    it(`${stuck} keys with ${each} messages each that are not acknowledged hold up no other key (B5)`, async () => {
      const publisher = await fresh()
      const receiver = new Receiver((delivery) => {
        if (!delivery.message.key.startsWith('stuck')) delivery.ack()
      })
      const joined = await join(await connect(), receiver)
      const waiting = Array.from({ length: stuck * each }, (_, n) => message(`stuck${n % stuck}`))
      await publisher.publish(waiting)
      await until(() => receiver.ids.length > 0, true)
      const others = Array.from({ length: 40 }, (_, n) => message(`k${n}`))
      await publisher.publish(others)
      for (const other of others) await until(() => receiver.ofKey(other.key), [other.id])
      // Nothing is lost behind them, and their order holds.
      for (let done = 0; done < waiting.length; done += 1) {
        await until(
          () => receiver.deliveries.filter(({ message: { key } }) => key.startsWith('stuck')).length > done,
          true,
        )
        receiver.deliveries.filter(({ message: { key } }) => key.startsWith('stuck'))[done]?.ack()
      }
      await drained(joined)
      for (let n = 0; n < stuck; n += 1)
        expect(receiver.ofKey(`stuck${n}`)).toEqual(
          waiting.filter(({ key }) => key === `stuck${n}`).map(({ id }) => id),
        )
    })
  }

  it('a message that is not acknowledged does not hold up other keys (B5)', async () => {
    const publisher = await fresh()
    const receiver = new Receiver((delivery) => {
      if (delivery.message.key !== 'stuck') delivery.ack()
    })
    await join(await connect(), receiver)
    await publisher.publish([message('stuck'), message('stuck')])
    const others = Array.from({ length: 500 }, (_, n) => message(`k${n}`))
    await publisher.publish(others)
    await until(() => receiver.ids.filter((id) => others.some((other) => other.id === id)).length, 500)
  })

  it('a message that is published again keeps the order of its key (B1)', async () => {
    const one = await fresh()
    const receiver = acknowledging()
    await join(one, receiver)
    const messages = [message('k'), message('k'), message('k')]
    await one.publish(messages.slice(0, 2))
    await one.publish(messages)
    await until(() => new Set(receiver.ids).size, 3)
    const firsts = [...new Set(receiver.ids)]
    expect(firsts).toEqual(messages.map(({ id }) => id))
  })
}

import type { BusSubscription, Delivery } from '@holon/events'
import { expect, it } from 'vitest'

import { acknowledging, type BusBench, type BusSuiteOptions, publishUntilTaken, Receiver } from './bus-bench.ts'

/** The part of the suite about whole subscriptions: pause, rewind, lag, and a server that is killed. */
export function testBusControl(bench: BusBench, options: BusSuiteOptions): void {
  const { connect, fresh, message, join, until, drained, quiet } = bench

  it('a paused subscription gets nothing, at none of its members, until it is resumed (B6)', async () => {
    const publisher = await fresh()
    const receivers = [acknowledging(), acknowledging()]
    const joined: BusSubscription[] = []
    for (const receiver of receivers) joined.push(await join(await connect(), receiver))
    const all = (): number => receivers.flatMap(({ ids }) => ids).length
    await publisher.publish([message('a')])
    await until(all, 1)
    await joined[0]?.pause()
    await quiet()
    await publisher.publish(Array.from({ length: 20 }, (_, n) => message(`k${n}`)))
    await quiet()
    expect(all()).toBe(1)
    await until(() => joined[1]?.lag(), 20)
    await joined[1]?.resume()
    await until(all, 21)
  })

  it('a pause outlives the members (B6)', async () => {
    const publisher = await fresh()
    const first = await connect()
    const before = await join(first, acknowledging())
    await before.pause()
    await first.close()
    const receiver = acknowledging()
    const after = await join(await connect(), receiver)
    await publisher.publish([message('k')])
    await quiet()
    expect(receiver.ids).toEqual([])
    await after.resume()
    await until(() => receiver.ids.length, 1)
  })

  it('a subscription can be taken back to the start and to a time (B6)', async () => {
    const publisher = await fresh()
    const receiver = acknowledging()
    const joined = await join(await connect(), receiver)
    const early = [message('k'), message('k')]
    await publisher.publish(early)
    await drained(joined)
    await new Promise((resolve) => setTimeout(resolve, 30))
    const timeMs = Date.now()
    await new Promise((resolve) => setTimeout(resolve, 30))
    const late = [message('k'), message('k')]
    await publisher.publish(late)
    await until(() => receiver.ids.length, 4)
    await drained(joined)
    const ids = [...early, ...late].map(({ id }) => id)
    receiver.deliveries.length = 0
    await joined.rewind('start')
    await until(() => [...new Set(receiver.ids)], ids)
    await drained(joined)
    receiver.deliveries.length = 0
    await joined.rewind({ timeMs })
    await until(
      () => [...new Set(receiver.ids)],
      late.map(({ id }) => id),
    )
  })

  it('once a rewind has resolved, all members know that what they had on loan is revoked (B6)', async () => {
    const publisher = await fresh()
    const receivers = [new Receiver(), new Receiver()]
    const joined: BusSubscription[] = []
    for (const receiver of receivers) joined.push(await join(await connect(), receiver, { start: 'all' }))
    const all = (): readonly Delivery[] => receivers.flatMap(({ deliveries }) => deliveries)
    await publisher.publish(Array.from({ length: 24 }, (_, n) => message(`k${n}`)))
    const onLoan = (): readonly string[] =>
      all().flatMap(({ revoked, message: { id } }) => (revoked.aborted ? [] : [id]))
    await until(() => new Set(onLoan()).size, 24)
    await joined[0]?.pause()
    await joined[0]?.rewind('start')
    expect(onLoan()).toEqual([])
    await quiet()
    expect(onLoan()).toEqual([])
    await joined[1]?.resume()
    await until(() => new Set(onLoan()).size, 24)
  })

  it('a subscription tells whether it is paused, also after its members left (B6)', async () => {
    await fresh()
    const first = await connect()
    const before = await join(first, acknowledging())
    expect(await before.paused()).toBe(false)
    await before.pause()
    expect(await before.paused()).toBe(true)
    await first.close()
    const after = await join(await connect(), acknowledging())
    expect(await after.paused()).toBe(true)
    await after.resume()
    expect(await after.paused()).toBe(false)
  })

  it('lag counts what waits and what is on loan', async () => {
    const publisher = await fresh()
    const receiver = new Receiver()
    const joined = await join(await connect(), receiver, { window: 2 })
    expect(await joined.lag()).toBe(0)
    await publisher.publish(Array.from({ length: 9 }, () => message('k')))
    await until(() => joined.lag(), 9)
    await until(() => receiver.ids.length > 0, true)
    receiver.deliveries[0]?.ack()
    await until(() => joined.lag(), 8)
  })

  it('leaving twice, closing twice and publishing nothing are fine; publishing on a closed bus is refused', async () => {
    const one = await fresh()
    const joined = await join(one, acknowledging())
    await one.publish([])
    await joined.close()
    await joined.close()
    await one.close()
    await one.close()
    await expect(one.publish([message('k')])).rejects.toThrow(/closed/)
  })

  if (options.restarts === false) return

  it('what was published before the server was killed is there after it, with all subscriptions (B1, B2)', async () => {
    const publisher = await fresh()
    const receiver = new Receiver((delivery) => {
      if (delivery.message.key === 'acked') delivery.ack()
    })
    const joined = await join(await connect(), receiver)
    const kept = [message('k'), message('k')]
    await publisher.publish([message('acked'), ...kept])
    await until(() => receiver.ids.length, 3)
    await bench.bus.restart?.('kill')
    // Members come back by themselves, and get what they had not acknowledged; their old deliveries are void.
    await until(
      () => receiver.ofKey('k').slice(2),
      kept.map(({ id }) => id),
    )
    expect(receiver.deliveries.filter((d) => d.message.key === 'k' && d.revoked.aborted).length).toBe(2)
    for (const delivery of receiver.deliveries) delivery.ack()
    await drained(joined)
    await publishUntilTaken(publisher, [message('acked')])
    await drained(joined)
  })
}

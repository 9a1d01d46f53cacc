import { defineContract, event } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { type Bus, type FollowedEvent, Followers } from '@holon/events'
import { afterEach, expect, it } from 'vitest'
import { z } from 'zod'

import { acknowledging, type BusBench, type BusSuiteOptions, publishUntilTaken, Receiver } from './bus-bench.ts'

/** The part of the suite about those who only look on: ephemeral subscriptions, and `ctx.follow`, which rests on them. */
export function testEphemeral(bench: BusBench, options: BusSuiteOptions): void {
  const { connect, fresh, message, join, until, quiet } = bench

  it('an ephemeral subscription sees what is published while it lasts', async () => {
    const publisher = await fresh()
    const receiver = acknowledging()
    const joined = await join(await connect(), receiver, { ephemeral: true })
    const seen = message('k')
    await publisher.publish([seen])
    await until(() => receiver.ids, [seen.id])
    await joined.close()
    await publisher.publish([message('k')])
    await quiet()
    expect(receiver.ids).toEqual([seen.id])
  })

  it('several ephemeral subscriptions see every message each, and none as one that came before', async () => {
    const publisher = await fresh()
    const receivers = ['a', 'b', 'c'].map((name) => ({ name, receiver: acknowledging() }))
    for (const { name, receiver } of receivers)
      await join(await connect(), receiver, { subscription: `${bench.subscription}${name}`, ephemeral: true })
    const messages = Array.from({ length: 30 }, (_, n) => message(`k${n % 5}`))
    await publisher.publish(messages)
    const ids = messages.map(({ id }) => id).toSorted()
    for (const { receiver } of receivers) {
      await until(() => receiver.ids.toSorted(), ids)
      expect(receiver.deliveries.some(({ redelivered }) => redelivered)).toBe(false)
    }
  })

  it('an ephemeral subscription is forgotten with its last member: one of the same name begins anew', async () => {
    const publisher = await fresh()
    const receiver = acknowledging()
    const joined = await join(await connect(), receiver, { ephemeral: true })
    const [first, second] = [message('k'), message('k')]
    await publisher.publish([first])
    await until(() => receiver.ids.length, 1)
    // What is on loan then does not keep it.
    const holder = new Receiver()
    const held = await join(await connect(), holder, { subscription: `${bench.subscription}h`, ephemeral: true })
    await publisher.publish([second])
    await until(() => [receiver.ids.length, holder.ids.length], [2, 1])
    await Promise.all([joined.close(), held.close()])
    const [fromStart, fromNow] = [acknowledging(), acknowledging()]
    await join(await connect(), fromStart, { start: 'all', ephemeral: true })
    await join(await connect(), fromNow, { subscription: `${bench.subscription}h`, ephemeral: true })
    const third = message('k')
    await publisher.publish([third])
    await until(() => fromStart.ids, [first.id, second.id, third.id])
    await until(() => fromNow.ids, [third.id])
  })

  testFollowers(bench, options)
}

const Data = z.object({ text: z.string(), number: z.number() })

function testFollowers(bench: BusBench, options: BusSuiteOptions): void {
  const { connect, fresh, message, until } = bench
  let opened: Followers[] = []
  const faults: unknown[] = []
  afterEach(async () => {
    await Promise.all(opened.map((followers) => followers.close()))
    opened = []
    expect(faults).toEqual([])
  })
  const followersOn = (bus: Bus): Followers => {
    const followers = new Followers({ bus, platform: systemPlatform(), onFault: (error) => faults.push(error) })
    opened.push(followers)
    return followers
  }
  /** The event that the bench publishes. */
  const happened = () => {
    const [service = '', name = ''] = bench.topic.split('.')
    const contract = defineContract(service, { events: { [name]: event({ data: Data }) } })
    return contract.events[name] ?? expect.unreachable('It has just been declared.')
  }
  const collect = (events: AsyncIterable<FollowedEvent>): readonly FollowedEvent[] => {
    const seen: FollowedEvent[] = []
    void (async () => {
      for await (const each of events) seen.push(each)
    })().catch((error: unknown) => faults.push(error))
    return seen
  }

  it('followers in two replicas each get every event that is published from then on, in the order of its key', async () => {
    const publisher = await fresh()
    await publisher.publish([message('a')])
    const replicas = [followersOn(await connect()), followersOn(await connect())]
    const all = await Promise.all(replicas.map(async (replica) => collect(await replica.follow(happened()))))
    const ofA = await Promise.all(
      replicas.map(async (replica) => collect(await replica.follow(happened(), { key: 'a' }))),
    )
    const messages = Array.from({ length: 60 }, (_, n) => message(['a', 'b', 'c'][n % 3] ?? ''))
    for (let from = 0; from < 60; from += 20) await publisher.publish(messages.slice(from, from + 20))
    const idsOf = (key: string): readonly string[] => messages.flatMap((each) => (each.key === key ? [each.id] : []))
    for (const seen of [...all, ...ofA])
      await until(() => seen.flatMap(({ key, id }) => (key === 'a' ? [id] : [])), idsOf('a'))
    for (const seen of all) await until(() => seen.length, 60)
    expect(ofA.map((seen) => seen.length)).toEqual([20, 20])
    const [first] = messages
    expect(all[0]?.find(({ id }) => id === first?.id)).toMatchObject({
      type: bench.topic,
      source: '/test/bus',
      data: { number: 2 },
    })
  })

  if (options.restarts === false) return

  it('a follower goes on by itself after the server was killed', async () => {
    const publisher = await fresh()
    const seen = collect(await followersOn(await connect()).follow(happened()))
    await publisher.publish([message('k')])
    await until(() => seen.length, 1)
    await bench.bus.restart?.('kill')
    // What is published before it has come back may be missed.
    await until(async () => {
      await publishUntilTaken(publisher, [message('k')])
      return seen.length > 1
    }, true)
    const ids = seen.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })
}

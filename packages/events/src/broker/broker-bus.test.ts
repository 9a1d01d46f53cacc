import { ServiceError } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { expect, test } from 'vitest'

import type { Bus, BusMessage } from '../bus.ts'
import { memoryBus } from '../embedded/memory-bus.ts'
import { brokerBus, type BrokerSession, type JoinOptions } from './broker-bus.ts'

const message = (id: string): BusMessage => ({ id, topic: 't', key: 'k', attributes: { id }, body: '1', timeMs: 1 })
const wanted = { subscription: 's', topics: ['t'], start: 'all', window: 10 } as const

/** A broker in this process, of which one can see what is asked, and which may be away. */
class Shelf {
  readonly told: string[] = []
  readonly joined: JoinOptions[] = []
  left = 0
  away: Error | undefined
  readonly bus: Bus
  readonly #events = memoryBus(systemPlatform())

  constructor() {
    this.bus = brokerBus({ platform: systemPlatform() }, { name: 'The shelf', at: 'hall:1', open: () => this.#open() })
  }

  async #open(): Promise<BrokerSession> {
    this.told.push('open')
    await Promise.resolve()
    if (this.away) throw this.away
    const inner = this.#events.connect()
    return {
      publish: async (messages) => {
        this.told.push(`publish ${messages.map(({ id }) => id).join(' ')}`)
        await inner.publish(messages)
      },
      join: async (options) => {
        if (this.away) throw this.away
        this.joined.push(options)
        const member = await inner.subscribe(options, options.deliver)
        const leave = member.close.bind(member)
        member.close = () => {
          this.left += 1
          this.told.push('leave')
          return leave()
        }
        return member
      },
      close: async () => {
        this.told.push('close')
        await inner.close()
      },
    }
  }
}

test('it connects when it is first used, once, and publications keep the order in which they were given', async () => {
  const { bus, told } = new Shelf()
  await bus.publish([])
  expect(told).toEqual([])
  await Promise.all(['a', 'b', 'c'].map((id) => bus.publish([message(id)])))
  await bus.publish([message('d')])
  expect(told).toEqual(['open', 'publish a', 'publish b', 'publish c', 'publish d'])
})

test('while it cannot connect it says so, and where, and tries again with the next call', async () => {
  const shelf = new Shelf()
  shelf.away = new Error('nobody is there')
  const unreached = { code: 'unavailable', message: 'The shelf cannot be reached at hall:1: nobody is there.' }
  await expect(shelf.bus.publish([message('a')])).rejects.toMatchObject(unreached)
  await expect(shelf.bus.subscribe(wanted, () => {})).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/^The shelf cannot serve the subscription 's': .*nobody is there/) as unknown,
  })
  shelf.away = undefined
  await shelf.bus.publish([message('a')])
  expect(shelf.told).toEqual(['open', 'open', 'open', 'publish a'])
})

test('what a broker refuses for a reason of its own is told as it is', async () => {
  const shelf = new Shelf()
  await shelf.bus.publish([message('a')])
  shelf.away = new ServiceError('invalid_argument', 'There is no such topic.')
  await expect(shelf.bus.subscribe(wanted, () => {})).rejects.toBe(shelf.away)
})

test('each member has a name of its own, and one that has left is not kept', async () => {
  const shelf = new Shelf()
  const members = await Promise.all([1, 2].map(() => shelf.bus.subscribe(wanted, () => {})))
  expect(new Set(shelf.joined.map(({ self }) => self)).size).toBe(2)
  await members[0]?.close()
  await expect(members[1]?.lag()).resolves.toBe(0)
  expect(shelf.left).toBe(1)
  await shelf.bus.close()
  expect(shelf.left).toBe(2)
  expect(shelf.told).toEqual(['open', 'leave', 'leave', 'close'])
})

test('it is closed once, after its members have left, and takes nothing more', async () => {
  const shelf = new Shelf()
  const received: string[] = []
  await shelf.bus.subscribe(wanted, (delivery) => void received.push(delivery.message.id))
  await Promise.all([shelf.bus.close(), shelf.bus.close()])
  expect(shelf.told).toEqual(['open', 'leave', 'close'])
  const closed = { code: 'unavailable', message: 'The bus is closed.' }
  await expect(shelf.bus.publish([message('a')])).rejects.toMatchObject(closed)
  await expect(shelf.bus.subscribe(wanted, () => {})).rejects.toMatchObject(closed)
})

test('one that joins while the bus is closed has left before that, and is told so; what is being published arrives', async () => {
  const shelf = new Shelf()
  const publishing = shelf.bus.publish([message('a')])
  const joining = shelf.bus.subscribe(wanted, () => {})
  const closed = { code: 'unavailable', message: 'The bus is closed.' }
  await Promise.all([publishing, expect(joining).rejects.toMatchObject(closed), shelf.bus.close()])
  expect(shelf.joined).toHaveLength(1)
  expect(shelf.told).toEqual(['open', 'publish a', 'leave', 'close'])
})

test('a limit that is none is refused when the bus is made', () => {
  const broker = { name: 'The shelf', open: () => Promise.reject(new Error('never')) }
  expect(() => brokerBus({ platform: systemPlatform(), maxEventBytes: -1 }, broker)).toThrow(RangeError)
})

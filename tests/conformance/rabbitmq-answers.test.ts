import { ManualPlatform } from '@holon/contract/manual-platform'
import { systemPlatform } from '@holon/contract/system-platform'
import type { Bus, BusMessage } from '@holon/events'
import { rabbitmqBus } from '@holon/events/rabbitmq-bus'
import { describe, expect, it } from 'vitest'

import {
  ack,
  blocked,
  closed,
  nack,
  type Published,
  returned,
  type Script,
  type ScriptedAmqp,
  scriptedAmqp,
  unblocked,
} from '../support/scripted-amqp.ts'

/** What RabbitMQ may answer to a batch, and how its answer may be cut: nothing is stored unless all of it says so. */
describe('a batch published to RabbitMQ', () => {
  const whole = Buffer.concat
  const inTheMiddleOf = (message: Published): readonly Buffer[] => {
    const answer = returned(message)
    const cut = answer.length - 5
    return [answer.subarray(0, cut), whole([answer.subarray(cut), ack(message)])]
  }

  const refusals: Readonly<Record<string, { readonly script: Script; readonly says: RegExp }>> = {
    'returned in one read with the confirms': {
      script: (message) => [whole([returned(message), ack(message)])],
      says: /no queue took/,
    },
    'returned in a read before the confirms': {
      script: (message) => [returned(message), ack(message)],
      says: /no queue took/,
    },
    'returned in two reads, the second with the confirms': { script: inTheMiddleOf, says: /no queue took/ },
    'of which one message is returned and all are confirmed together': {
      script: (message) => [[], [returned(message)], [ack(message, { multiple: true })]][message.tag - 1] ?? [],
      says: /no queue took/,
    },
    'of which one message is refused': {
      script: (message) => [message.tag === 2 ? nack(message) : ack(message)],
      says: /rejected/,
    },
    'of which one message is refused late': {
      script: (message) => (message.tag === 1 ? [Buffer.alloc(0), nack(message)] : [ack(message)]),
      says: /rejected/,
    },
    'whose channel is closed in its middle': {
      script: (message) => [[ack(message)], [closed(message)]][message.tag - 1] ?? [],
      says: /NOT_FOUND|closed/,
    },
    'whose last message is not confirmed': {
      script: (message) => (message.tag === 3 ? [] : [ack(message)]),
      says: /did not answer within/,
    },
  }

  for (const [name, { script, says }] of Object.entries(refusals)) {
    it(`${name} is not stored, and is when it is published again`, async () => {
      const state = { refuses: true }
      await using peer = await scriptedAmqp((message) =>
        state.refuses && isEvent(message) ? script(message) : [ack(message)],
      )
      await using bus = await publishing(peer)
      await expect(bus.publish(batch())).rejects.toThrow(says)
      state.refuses = false
      const looked = peer.declared.length
      await bus.publish(batch())
      // Only where a stream, or the exchange, may be gone is it looked for.
      expect(peer.declared.length > looked).toBe(/returned|closed/.test(name))
    })
  }

  it('is refused at once while the server takes nothing, and not kept for later', async () => {
    await using peer = await scriptedAmqp((message) => [ack(message)])
    await using bus = await publishing(peer)
    await bus.publish(batch())
    peer.tell(blocked('low on disk'))
    await expect.poll(() => bus.publish(batch()).catch(String)).toMatch(/low on disk/)
    const sent = peer.published.length
    peer.tell(unblocked())
    await expect.poll(() => bus.publish([message(9)])).toBeUndefined()
    expect(peer.published.slice(sent).filter(isEvent).length).toBe(1)
  })

  it('that was on its way when the server began to take nothing rejects with the reason', async () => {
    await using peer = await scriptedAmqp((message) => (isEvent(message) ? [] : [ack(message)]))
    await using bus = await publishing(peer)
    const published = bus.publish(batch()).catch(String)
    await expect.poll(() => peer.published.filter(isEvent).length).toBe(3)
    peer.tell(blocked('low on memory'))
    expect(await published).toMatch(/did not answer within .*low on memory/)
  })

  it('rejects at its time limit, though the end of its channel is not answered either', async () => {
    const platform = new ManualPlatform()
    await using peer = await scriptedAmqp((message) => [ack(message)])
    const bus = rabbitmqBus({ platform, url: peer.url, partitions: 1, timeoutMs: 1000 })
    await bus.publish(batch())
    peer.fallSilent()
    const published = bus.publish(batch()).catch(String)
    await expect.poll(() => peer.published.filter(isEvent).length).toBe(6)
    platform.advance(1000)
    expect(await published).toMatch(/did not answer within/)
    // Twenty that wait in turn, each for a channel of its own, do not wait one after the other.
    const startMs = platform.monotonicMs()
    const waiting = Promise.all(Array.from({ length: 20 }, () => bus.publish(batch()).catch(String)))
    const told = await passing(platform, waiting)
    expect(new Set(told.map((text) => /did not answer within|timed? ?out/i.test(text ?? 'stored')))).toEqual(
      new Set([true]),
    )
    expect(platform.monotonicMs() - startMs).toBeLessThan(10_000)
    expect(peer.published.filter(isEvent).length).toBe(6)
    await passing(platform, bus.close())
  })

  it('is not stored while a stream that is made for it is not', async () => {
    await using peer = await scriptedAmqp((message) =>
      isEvent(message) ? [ack(message)] : [whole([returned(message), ack(message)])],
    )
    await using bus = await publishing(peer)
    await expect(bus.publish(batch())).rejects.toThrow(/no queue took/)
    expect(peer.published.filter(isEvent)).toEqual([])
  })
})

const isEvent = ({ exchange }: Published): boolean => exchange !== ''

/** Lets time pass until it is done. */
async function passing<T>(platform: ManualPlatform, work: Promise<T>): Promise<T> {
  let done = false
  const end = (): void => void (done = true)
  work.then(end, end)
  await expect
    .poll(() => {
      if (!done) platform.advance(250)
      return done
    })
    .toBe(true)
  return work
}

async function publishing({ url }: ScriptedAmqp): Promise<Bus & AsyncDisposable> {
  const bus = rabbitmqBus({ platform: systemPlatform(), url, partitions: 1, timeoutMs: 1000 })
  return Object.assign(bus, { [Symbol.asyncDispose]: () => bus.close() })
}

function batch(): readonly BusMessage[] {
  return [1, 2, 3].map((number) => message(number))
}

function message(number: number): BusMessage {
  const id = `id-${number}`
  return { id, topic: 'orders.placed', key: 'k', attributes: { id }, body: '{}', timeMs: 1_700_000_000_000 }
}

import { isServiceError } from '@holon/contract'
import { type BusMessage, limitEvents, storedDespite } from '@holon/events'
import { expect, it } from 'vitest'

import { acknowledging, type BusBench, type BusSuiteOptions } from './bus-bench.ts'

const maxEventBytes = 1_000_000

/** The part of the suite about sizes: of one message, and of what is published together (B7). */
export function testBusLimits(bench: BusBench, { takesAtMost }: BusSuiteOptions): void {
  const { connect, fresh, join, until } = bench
  const idsOf = (messages: readonly BusMessage[]): readonly string[] => messages.map(({ id }) => id)
  /** A message whose data has this many bytes. */
  const sized = (key: string, bytes: number): BusMessage => {
    const body = JSON.stringify(`ü${'x'.repeat(bytes - 4)}`)
    return { ...bench.message(key), body }
  }

  it('what waits of one key after an outage is stored at once, though no broker takes so much in one batch', async () => {
    const one = await fresh()
    const receiver = acknowledging()
    await join(one, receiver)
    const messages = Array.from({ length: 500 }, () => sized('k', 2_500))
    await one.publish(messages)
    await until(() => receiver.ids, idsOf(messages))
  })

  it('many messages of nearly the limit are stored and delivered, in the order of their keys', async () => {
    const one = await fresh()
    const receiver = acknowledging()
    await join(await connect(), receiver, { window: 256 })
    const messages = Array.from({ length: 140 }, (_, n) => sized(`k${n % 7}`, maxEventBytes - n))
    await one.publish(messages)
    await until(() => new Set(receiver.ids).size, 140)
    for (let key = 0; key < 7; key += 1) {
      const ofKey = idsOf(messages.filter((message) => message.key === `k${key}`))
      expect([...new Set(receiver.ofKey(`k${key}`))]).toEqual(ofKey)
    }
    expect(receiver.deliveries.every(({ message }) => message.body.length > maxEventBytes - 200)).toBe(true)
  })

  it('small and large messages that are published at the same time keep the order in which they were given', async () => {
    const one = await fresh()
    const receiver = acknowledging()
    await join(one, receiver)
    const messages = Array.from({ length: 60 }, (_, n) => sized('k', n % 3 === 0 ? 900_000 : 100))
    await Promise.all([
      one.publish(messages.slice(0, 40)),
      ...messages.slice(40).map((message) => one.publish([message])),
    ])
    await until(() => receiver.ids, idsOf(messages))
  })

  it('the largest event is taken; a larger message is refused, named, and everything else that came with it is stored', async () => {
    const one = limitEvents(await fresh(), { maxEventBytes })
    const receiver = acknowledging()
    await join(one, receiver)
    const largest = sized('a', maxEventBytes)
    const tooLarge = sized('a', maxEventBytes + 48_001)
    const messages = [bench.message('a'), largest, bench.message('b'), tooLarge, bench.message('a'), bench.message('b')]
    const others = messages.filter((message) => message !== tooLarge)
    const failure: unknown = await one.publish(messages).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(`${tooLarge.id} has 1048001 bytes.* at most 1000000 `) as unknown,
    })
    expect([...storedDespite(failure)]).toEqual(idsOf(others))
    await until(() => receiver.ofKey('a'), idsOf(others.filter(({ key }) => key === 'a')))
    await until(() => receiver.ofKey('b'), idsOf(others.filter(({ key }) => key === 'b')))
  })

  it('a topic that no broker has fails alone, not with what others publish at the same time (B7)', async () => {
    const one = await fresh()
    const receiver = acknowledging()
    await join(one, receiver)
    const messages = Array.from({ length: 10 }, () => bench.message('k'))
    const impossible = { ...bench.message('k'), topic: 'no topic *' }
    const failing = one.publish([impossible]).then(
      () => 'stored',
      (error: unknown) => error,
    )
    await Promise.all(messages.map((message) => one.publish([message])))
    expect(['stored', 'invalid_argument']).toContain(codeOf(await failing))
    await until(() => receiver.ids, idsOf(messages))
  })

  if (takesAtMost === undefined) return

  it('what the broker itself refuses fails for good and alone, also among what others publish meanwhile (B7)', async () => {
    const one = await fresh()
    const receiver = acknowledging()
    await join(one, receiver)
    const refused = sized('a', takesAtMost + 1_000)
    const messages = [bench.message('a'), bench.message('b'), refused, bench.message('a'), bench.message('b')]
    const meanwhile = Array.from({ length: 20 }, (_, n) => bench.message(`k${n}`))
    const others = meanwhile.map((message) => one.publish([message]))
    const failure: unknown = await one.publish(messages).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'invalid_argument' })
    await Promise.all(others)
    const rest = messages.filter((message) => message !== refused)
    expect([...storedDespite(failure)]).toEqual(idsOf(rest))
    await until(() => new Set(receiver.ids), new Set(idsOf([...rest, ...meanwhile])))
    expect(receiver.ofKey('a')).toEqual(idsOf(rest.filter(({ key }) => key === 'a')))
  })
}

function codeOf(outcome: unknown): unknown {
  return isServiceError(outcome) ? outcome.code : outcome
}

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { expect, it } from 'vitest'

import type { Holder } from '../fixtures/bus/hold-messages.ts'
import { acknowledging, type BusBench, type BusSuiteOptions, Receiver } from './bus-bench.ts'

const program = fileURLToPath(new URL('../fixtures/bus/hold-messages.ts', import.meta.url))

/** What says of itself that it may have been delivered before: whoever handles it must fear that it ended its process. */
export function testDeliveredAgain(bench: BusBench, { restarts = true }: BusSuiteOptions): void {
  const { connect, fresh, message, join, until, drained } = bench
  const again = ({ deliveries }: Receiver): Readonly<Record<string, boolean>> =>
    Object.fromEntries(deliveries.map(({ message: { id }, redelivered }) => [id, redelivered]))

  it('what a member leaves unacknowledged says that it comes again; what nobody has had does not', async () => {
    const publisher = await fresh()
    const leaver = new Receiver(({ message: { key }, ack }) => key === 'acked' && ack())
    const first = await connect()
    await join(first, leaver)
    const held = ['a', 'acked', 'b', 'a'].map((key) => message(key))
    await publisher.publish(held)
    await until(() => leaver.ids.length, 4)
    expect(Object.values(again(leaver))).toEqual([false, false, false, false])
    await first.close()
    const heir = acknowledging()
    const second = await join(await connect(), heir)
    const [a1, , b1, a2] = held.map(({ id }) => id)
    await until(() => [a1, b1, a2].map((id) => again(heir)[id ?? '']), [true, true, true])
    await drained(second)
    const later = message('a')
    await publisher.publish([later])
    await until(() => again(heir)[later.id], false)
  })

  it('what comes again after a rewind does not say so: those who had it live', async () => {
    const publisher = await fresh()
    const receiver = acknowledging()
    const joined = await join(await connect(), receiver)
    const messages = ['a', 'b', 'c', 'a'].map((key) => message(key))
    await publisher.publish(messages)
    await until(() => receiver.ids.length, 4)
    await drained(joined)
    receiver.deliveries.length = 0
    await joined.rewind('start')
    await until(() => receiver.ids.length, 4)
    expect(Object.values(again(receiver))).toEqual([false, false, false, false])
  })

  if (!restarts) return
  it('what a process had that was killed says that it comes again; what is published later does not', async () => {
    const publisher = await fresh()
    const holder = await hold(bench)
    try {
      const held = ['a', 'acked', 'b', 'a'].map((key) => message(key))
      await publisher.publish(held)
      await until(() => holder.ids.length, 4)
      holder.child.kill('SIGKILL')
      await once(holder.child, 'exit')
      const heir = acknowledging()
      const joined = await join(await connect(), heir)
      const [a1, , b1, a2] = held.map(({ id }) => id)
      await until(() => [a1, b1, a2].map((id) => again(heir)[id ?? '']), [true, true, true])
      await drained(joined)
      const later = message('a')
      await publisher.publish([later])
      await until(() => again(heir)[later.id], false)
    } finally {
      holder.child.kill('SIGKILL')
    }
  })

  it('what was on loan when its bus was killed says that it comes again', async () => {
    const publisher = await fresh()
    const holder = new Receiver()
    await join(await connect(), holder)
    const held = message('a')
    await publisher.publish([held])
    await until(() => holder.ids, [held.id])
    await bench.bus.restart?.('kill')
    await until(() => holder.deliveries.at(-1)?.redelivered, true)
  })
}

interface RunningHolder {
  readonly child: ChildProcess
  readonly ids: readonly string[]
}

async function hold({ bus: { choice }, subscription, topic }: BusBench): Promise<RunningHolder> {
  if (choice === undefined) throw new Error('A bus that restarts says how a process of its own reaches it.')
  const holder: Holder = { bus: choice, subscription, topic }
  const child = fork(program, [JSON.stringify(holder)], { execArgv: [] })
  const ids: string[] = []
  const ready = Promise.withResolvers<void>()
  child.once('exit', () => ready.reject(new Error('The holder has ended.')))
  child.on('message', (told: string) => (told === 'ready' ? ready.resolve() : ids.push(told)))
  await ready.promise
  return { child, ids }
}

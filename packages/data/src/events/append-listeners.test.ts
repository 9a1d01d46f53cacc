import { systemPlatform } from '@holon/contract/system-platform'
import { expect, test } from 'vitest'

import { AppendListeners } from './append-listeners.ts'
import type { Signal } from './event-sql.ts'

/** A way to other processes that the test watches and holds up. */
class WatchedSignal implements Signal {
  sent = 0
  heard: (() => void) | undefined
  arrive: () => void = () => {}

  send(): Promise<void> {
    this.sent += 1
    return new Promise((resolve) => {
      this.arrive = resolve
    })
  }

  listen(heard: () => void): { close(): Promise<void> } {
    this.heard = heard
    return {
      close: async () => {
        this.heard = undefined
      },
    }
  }
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('other processes are told only of partitions that nobody here owns', () => {
  const signal = new WatchedSignal()
  const listeners = new AppendListeners(systemPlatform(), signal)
  const stop = listeners.add(() => {}, { owns: (partition) => partition === 3 })
  listeners.appended([3])
  expect(signal.sent).toBe(0)
  listeners.appended([3, 4])
  expect(signal.sent).toBe(1)
  stop()
})

test('while a signal is under way, all later commits share the next one', async () => {
  const signal = new WatchedSignal()
  const listeners = new AppendListeners(systemPlatform(), signal)
  for (let commit = 0; commit < 50; commit += 1) listeners.appended([1])
  expect(signal.sent).toBe(1)
  signal.arrive()
  await tick()
  expect(signal.sent).toBe(2)
  signal.arrive()
  await tick()
  expect(signal.sent).toBe(2)
  listeners.appended([1])
  expect(signal.sent).toBe(3)
})

test('closing waits for the signal that is under way and for the one that it owes', async () => {
  const signal = new WatchedSignal()
  const listeners = new AppendListeners(systemPlatform(), signal)
  listeners.appended([1])
  listeners.appended([1])
  let closed = false
  const closing = listeners.close().then(() => {
    closed = true
  })
  signal.arrive()
  await tick()
  expect({ closed, sent: signal.sent }).toStrictEqual({ closed: false, sent: 2 })
  signal.arrive()
  await closing
})

test('listening begins with the first listener and ends with the last', async () => {
  const signal = new WatchedSignal()
  const listeners = new AppendListeners(systemPlatform(), signal)
  expect(signal.heard).toBeUndefined()
  const woken: string[] = []
  const stops = ['a', 'b'].map((name) => listeners.add(() => woken.push(name)))
  signal.heard?.()
  expect(woken).toStrictEqual(['a', 'b'])
  stops[0]?.()
  stops[0]?.()
  signal.heard?.()
  expect(woken).toStrictEqual(['a', 'b', 'b'])
  stops[1]?.()
  await tick()
  expect(signal.heard).toBeUndefined()
})

test('all look once in a while, since the process that was to send a signal may have died', async () => {
  const timers: { readonly run: () => void; readonly delayMs: number }[] = []
  const platform = {
    ...systemPlatform(),
    setTimer: (run: () => void, delayMs: number) => {
      timers.push({ run, delayMs })
      return systemPlatform().setTimer(() => {}, 0)
    },
  }
  const listeners = new AppendListeners(platform, undefined)
  let woken = 0
  const stop = listeners.add(() => (woken += 1))
  timers[0]?.run()
  timers[1]?.run()
  expect({ woken, delays: timers.map(({ delayMs }) => delayMs) }).toStrictEqual({
    woken: 2,
    delays: Array(3).fill(30_000),
  })
  stop()
})

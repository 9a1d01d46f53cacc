import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ManualPlatform } from '@holon/contract/manual-platform'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'

import type { BusMessage } from '../bus.ts'
import { Hubs } from './hubs.ts'
import type { MessageLog } from './message-log.ts'
import { openSqliteLog, type SqliteLogOptions, type SqliteLog } from './sqlite-log.ts'

let folder: string
let platform: ManualPlatform
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holon-log-'))
  platform = new ManualPlatform({ lateMs: inject('lateMs') })
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = (more: Partial<SqliteLogOptions> = {}): Promise<SqliteLog> =>
  openSqliteLog({ file: join(folder, 'bus.db'), platform, onBroken: () => undefined, ...more })

function message(n: number): BusMessage {
  return { id: `m${n}`, topic: 't', key: 'k', attributes: {}, body: `${n}`, timeMs: platform.now() }
}
const bodies = (log: SqliteLog): string[] => log.read(['t'], 0, 10_000).map((each) => each.message.body)
/** What is in the file: the newest messages are read from memory. */
const stored = (log: SqliteLog): string[] =>
  log.pick(Array.from({ length: 3_000 }, (_, n) => n + 1)).map((each) => each.message.body)
const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, n) => `${from + n}`)

test('after a failed sync nothing is acknowledged, delivered or saved; opened again, all that was acknowledged is there', async () => {
  let healthy = true
  const broken: unknown[] = []
  const log = await open({
    onBroken: (error) => void broken.push(error),
    sync: async () => {
      if (!healthy) throw new Error('EIO')
    },
  })
  await log.append([message(0)])
  healthy = false
  await expect(log.append([message(1)])).rejects.toMatchObject({ code: 'unavailable', cause: { message: 'EIO' } })
  // A later sync that succeeds says nothing of what was lost before.
  healthy = true
  await expect(log.append([message(2)])).rejects.toMatchObject({ code: 'unavailable' })
  await expect(log.sync()).rejects.toMatchObject({ code: 'unavailable' })
  expect(bodies(log)).toEqual(['0'])
  expect(broken).toHaveLength(1)
  await log.close()
  const again = await open()
  expect(bodies(again)[0]).toBe('0')
  await again.append([message(3)])
  expect(bodies(again).at(-1)).toBe('3')
  await again.close()
})

test('old messages are trimmed once every subscription has dealt with them; what one still needs stays', async () => {
  const log = await open()
  const dayMs = 24 * 3_600_000
  const hubs = new Hubs({ log, platform, retentionMs: dayMs })
  const seat = await hubs.join(
    { subscription: 's', topics: ['t'], start: 'all', window: 10_000 },
    {
      window: 10_000,
      deliver: () => undefined,
      revoke: () => Promise.resolve(),
    },
  )
  seat.leave()
  for (let n = 0; n < 2_500; n += 500) await hubs.publish(Array.from({ length: 500 }, (_, index) => message(n + index)))
  await platform.pass(2 * dayMs)
  expect(stored(log)).toEqual(numbers(0, 2_500))
  hubs.forget('s')
  await platform.pass(5 * 60_000)
  // The last one stays, so that no number is ever given out twice.
  expect(stored(log)).toEqual(['2499'])
  await hubs.publish([message(2_500)])
  await platform.pass(dayMs / 2)
  expect(stored(log)).toContain('2500')
  await hubs.close()
})

test('a full disk loses nothing: what could not be saved or trimmed is tried again', async () => {
  const log = await open()
  const errors: unknown[] = []
  let full = true
  const failing: MessageLog = {
    get head() {
      return log.head
    },
    wasClosed: true,
    append: (messages) => log.append(messages),
    read: (...range) => log.read(...range),
    pick: (sequences) => log.pick(sequences),
    count: (...range) => log.count(...range),
    placeBefore: (timeMs) => log.placeBefore(timeMs),
    subscriptions: () => log.subscriptions(),
    save: (states) => {
      if (full) throw new Error('disk full')
      log.save(states)
    },
    sync: () => log.sync(),
    forget: (name) => log.forget(name),
    trim: () => {
      throw new Error('disk full')
    },
    close: () => log.close(),
  }
  log.save([{ name: 's', topics: ['t'], cursor: 0, outstanding: [], paused: false }])
  const hubs = new Hubs({ log: failing, platform, onError: (error) => void errors.push(error) })
  await expect(hubs.setPaused('s', true)).rejects.toThrow('disk full')
  const member = { window: 1, deliver: () => undefined, revoke: () => Promise.resolve() }
  const fresh = { subscription: 'fresh', topics: ['t'], start: 'new', window: 1 } as const
  for (let tries = 0; tries < 2; tries += 1) await expect(hubs.join(fresh, member)).rejects.toThrow('disk full')
  expect(hubs.reports().map(({ name }) => name)).toEqual(['s'])
  await platform.pass(61_000)
  expect(errors.length).toBeGreaterThan(0)
  full = false
  await hubs.setPaused('s', true)
  expect(log.subscriptions()).toMatchObject([{ name: 's', paused: true }])
  await hubs.close()
})

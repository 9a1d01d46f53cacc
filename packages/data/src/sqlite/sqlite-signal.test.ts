import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { systemPlatform } from '@holon/contract/system-platform'
import { afterAll, expect, test } from 'vitest'

import { temporaryDirectory } from '../fixtures/temporary-directory.ts'
import { sqliteSignal } from './sqlite-signal.ts'

const directory = temporaryDirectory()
afterAll(() => directory.dispose())

const errors: unknown[] = []
const signalOf = (file: string): ReturnType<typeof sqliteSignal> =>
  sqliteSignal({ service: 'watching', platform: systemPlatform(), onError: (error) => errors.push(error), file })

test('hears each signal that is sent after another was heard, also when the watched file was removed', async () => {
  const signal = signalOf(join(directory.path, 'a.sqlite'))
  let heard = 0
  const ear = signal.listen(() => (heard += 1))
  await expect.poll(() => heard).toBe(1)
  for (let round = 0; round < 3; round += 1) {
    const before = heard
    await signal.send()
    await expect.poll(() => heard).toBeGreaterThan(before)
  }
  rmSync(join(directory.path, 'a.sqlite-events'))
  const sendUntilHeard = async (): Promise<number> => {
    const before = heard
    await signal.send()
    await new Promise((resolve) => setTimeout(resolve, 20))
    return heard - before
  }
  await expect.poll(sendUntilHeard).toBeGreaterThan(0)
  await ear.close()
  expect(errors).toStrictEqual([])
})

test('a folder in which nothing can be watched is reported once, and sending there is no failure', async () => {
  const signal = signalOf(join(directory.path, 'gone', 'b.sqlite'))
  const ear = signal.listen(() => {})
  await signal.send()
  await expect.poll(() => errors.length).toBe(1)
  expect(errors[0]).toMatchObject({ code: 'unavailable', message: expect.stringContaining('"watching" cannot watch') })
  await ear.close()
})

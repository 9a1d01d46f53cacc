import { expect, test } from 'vitest'

import { eventually } from '../support/holon-process.ts'
import { openPoisonApp, type PoisonApp } from '../support/poison-app.ts'

const subscription = 'reader.lab.sent'

const stores = { sqlite: [], postgres: ['--split'], none: ['--split'] } as const

async function stop(holon: Awaited<ReturnType<PoisonApp['start']>>): Promise<void> {
  holon.signal('SIGINT')
  expect(await holon.ended(30_000)).toBe(0)
}

for (const [store, args] of Object.entries(stores)) {
  const environment = { POISON_STORE: store }

  test(`with store ${store}, events are looked after while the app is down`, { timeout: 240_000 }, async () => {
    await using app = openPoisonApp(args, environment)
    const run = async (...words: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await app.playground.run(['events', ...words], environment)
      if (code !== 0) throw new Error(`${words.join(' ')}: ${stderr}`)
      expect(stderr).toMatch(/No app runs with the data in .*: its stores and its bus are opened for this command/)
      return stdout
    }
    const first = await app.start()
    await app.send([{ id: 'bad', death: 'kill' }])
    await first.until(/became a dead letter/, { timeoutMs: 120_000 })
    await stop(first)
    const [letter] = JSON.parse(await run('dead', 'list', '--json')) as readonly { readonly id: string }[]
    expect(await run('dead', 'show', letter?.id ?? '')).toContain('The process ended at least 2 times')
    const replay = await app.playground.run(['events', 'dead', 'replay', letter?.id ?? ''], environment)
    expect(replay).toMatchObject({ code: 3, stderr: expect.stringContaining('start it first') as unknown })
    await run('dead', 'discard', letter?.id ?? '')
    expect(JSON.parse(await run('dead', 'list', '--json'))).toEqual([])
    await run('pause', subscription)
    const second = await app.start()
    await app.send([{ id: 'later', death: 'no' }])
    await stop(second)
    expect(app.count('begun', 'later')).toBe(0)
    await run('resume', subscription)
    const third = await app.start()
    await eventually(async () => (app.count('done', 'later') > 0 ? true : undefined))
    await stop(third)
    expect(app.playground.survivors()).toEqual([])
  })
}

test(
  'while the app crashes all the time, a subscription can be paused, and an event discarded that waits',
  { timeout: 300_000 },
  async () => {
    const environment = { POISON_STORE: 'sqlite', POISON_TRIES: '50' }
    await using app = openPoisonApp([], environment)
    const run = async (...words: readonly string[]): Promise<void> => {
      const { code, stderr } = await app.playground.run(['events', ...words], environment)
      if (code !== 0) throw new Error(`${words.join(' ')}: ${stderr}`)
    }
    const holon = await app.start()
    // So many that it goes on for some time: each ends four processes.
    await app.send(['a', 'b', 'c'].map((id) => ({ id, death: 'kill' })))
    await holon.until(/starting it again/)
    await run('pause', subscription)
    const dead = new Set((await app.letters()).map(({ messageId }) => messageId))
    const waiting = app.sent().find(({ messageId }) => !dead.has(messageId))
    if (waiting === undefined) throw new Error('The pause came after all was given up.')
    await run('discard', subscription, waiting.messageId)
    const begun = app.count('begun', waiting.key)
    await run('resume', subscription)
    await app.send([{ id: 'later', death: 'no' }])
    await eventually(async () => (app.count('done', 'later') > 0 ? true : undefined), 120_000)
    await eventually(async () => ((await app.letters()).length === 2 ? true : undefined), 120_000)
    expect(app.count('begun', waiting.key)).toBe(begun)
    expect((await app.letters()).map(({ messageId }) => messageId)).not.toContain(waiting.messageId)
  },
)

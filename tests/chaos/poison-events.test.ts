import { expect, test } from 'vitest'

import { eventually } from '../support/holon-process.ts'
import { openPoisonApp, type Sample } from '../support/poison-app.ts'

/** So that running out of memory does not take long. */
const smallHeap = { NODE_OPTIONS: '--max-old-space-size=150' }

const cases = [
  { name: 'one process, sqlite', args: [], store: 'sqlite', deaths: ['rejection', 'exit'] },
  { name: 'split, Postgres', args: ['--split'], store: 'postgres', deaths: ['abort', 'memory'] },
  { name: 'one process, no store', args: [], store: 'none', deaths: ['rejection', 'kill'] },
  { name: 'split, no store', args: ['--split'], store: 'none', deaths: ['rejection'] },
] as const

for (const { name, args, store, deaths } of cases) {
  test(
    `${name}: an event whose handler ends the process is given up after its tries, and all others are handled`,
    { timeout: 300_000 },
    async () => {
      await using app = openPoisonApp(args, { POISON_STORE: store, ...smallHeap })
      const holon = await app.start()
      const good = ['a', 'b', 'c'].map((id): Sample => ({ id, death: 'no' }))
      const bad = deaths.map((death): Sample => ({ id: death, death }))
      await app.send([...good, ...bad, { id: 'd', death: 'no' }])
      await holon.until(new RegExp(`(?:became a dead letter[^]*){${deaths.length}}`), { timeoutMs: 180_000 })
      await eventually(async () => (app.count('done', 'd') > 0 ? true : undefined))
      const letters = await app.letters()
      expect(letters.map(({ key }) => key).toSorted()).toEqual([...deaths].toSorted())
      for (const letter of letters) expect(letter).toMatchObject({ reason: 'crashed', attempts: 2 })
      for (const death of deaths) expect(app.count('begun', death)).toBeLessThanOrEqual(3)
      for (const { id } of good) expect(app.count('done', id)).toBeGreaterThan(0)
      // It lives on.
      await app.send([{ id: 'later', death: 'no' }])
      await eventually(async () => (app.count('done', 'later') > 0 ? true : undefined))
      holon.signal('SIGINT')
      expect(await holon.ended(30_000)).toBe(0)
      expect(app.playground.survivors()).toEqual([])
    },
  )
}

test(
  'a run of a schedule that ends the process is passed over, and the next ones are run',
  { timeout: 300_000 },
  async () => {
    await using app = openPoisonApp([], { POISON_STORE: 'sqlite', POISON_SCHEDULE: 'yes' })
    const holon = await app.start()
    const [, due = ''] = await holon.until(/The run due at (\S+) ended its process 3 times, and is passed over/, {
      timeoutMs: 180_000,
    })
    const first = String(Date.parse(due))
    expect(app.count('begun', first)).toBe(4)
    expect(app.count('done', first)).toBe(0)
    await eventually(async () => (app.ran() > 1 ? true : undefined))
    holon.signal('SIGINT')
    expect(await holon.ended(30_000)).toBe(0)
  },
)

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { type AppliedMigration, checkHistory } from './check-history.ts'
import type { Migration } from './read-migrations.ts'

const migration = (name: string, text = name, language = 'sql'): Migration => ({
  name,
  path: `${name}.${language}`,
  checksum: `${language}:${text}`,
  markedChecksum: `${language}:marked ${text}`,
  step: { language: 'sql', script: text },
})
const applied = ({ name, checksum }: Migration): AppliedMigration => ({ name, checksum })

const histories = fc
  .uniqueArray(fc.integer({ min: 1, max: 12_000 }), { maxLength: 12 })
  .map((numbers) => numbers.toSorted((a, b) => a - b).map((n) => migration(`${String(n).padStart(4, '0')}-step`)))

test('whatever was applied, if it is the beginning of what is known, the rest is pending, in order', () => {
  fc.assert(
    fc.property(histories, fc.nat(12), (known, count) => {
      const check = checkHistory(known.slice(0, count).map(applied), known)
      expect(check).toEqual({ fits: true, pending: known.slice(count) })
    }),
  )
})

const changes: Readonly<Record<string, (all: readonly Migration[], at: number) => readonly Migration[]>> = {
  'has been edited since': (all, at) => all.map((each, i) => (i === at ? migration(each.name, 'edited') : each)),
  'its file is gone': (all, at) => all.filter((_, i) => i !== at),
  'comes before': (all, at) =>
    all.toSpliced(at, 0, migration(`${String(Number.parseInt(all[at]?.name ?? '', 10)).padStart(4, '0')}-earlier`)),
}

test.each(Object.entries(changes))('any other history is refused: one that %s', (mistake, change) => {
  fc.assert(
    fc.property(histories, fc.nat(11), (all, at) => {
      // The newest one gone looks like a newer version's; see below.
      fc.pre(at < all.length - 1)
      const check = checkHistory(all.map(applied), change(all, at))
      expect(check).toMatchObject({ fits: false, mistakes: [expect.stringContaining(mistake)] })
    }),
  )
})

test('migrations that are newer than all known ones are said to come from a newer version', () => {
  const known = [migration('0001-a')]
  const check = checkHistory([...known, migration('0002-b')].map(applied), known)
  expect(check).toMatchObject({
    fits: false,
    mistakes: [expect.stringMatching(/^0002-b was applied by a newer version/)],
  })
})

test('a build that turns TypeScript into JavaScript edits nothing; turning SQL into TypeScript does', () => {
  const source = migration('0001-a', 'typed', 'ts')
  expect(checkHistory([applied(source)], [migration('0001-a', 'untyped', 'js')])).toEqual({ fits: true, pending: [] })
  expect(checkHistory([applied(source)], [migration('0001-a', 'other', 'ts')])).toMatchObject({ fits: false })
  expect(checkHistory([applied(migration('0001-a'))], [source])).toMatchObject({ fits: false })
})

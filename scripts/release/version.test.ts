import { expect, test } from 'vitest'

import { isVersion, releasedChangelog, tagOf, withVersion } from './version.ts'

const release = { names: new Set(['holon', '@holon/rpc']), version: '1.2.0' }

test('a package of the release gets its version, and so does whoever needs one', () => {
  const manifest = { name: '@holon/rpc', version: '1.1.0', dependencies: { holon: '1.1.0', zod: '^4.0.0' } }
  expect(JSON.parse(withVersion(JSON.stringify(manifest), release))).toEqual({
    name: '@holon/rpc',
    version: '1.2.0',
    dependencies: { holon: '1.2.0', zod: '^4.0.0' },
  })
  const other = { name: '@shop/app', version: '0.0.0', devDependencies: { '@holon/rpc': '1.1.0' } }
  expect(JSON.parse(withVersion(JSON.stringify(other), release))).toEqual({
    name: '@shop/app',
    version: '0.0.0',
    devDependencies: { '@holon/rpc': '1.2.0' },
  })
})

test('what was unreleased is under the heading of the version', () => {
  const text = '# Changelog\n\n## Unreleased\n\n- A change.\n\n## 1.1.0\n'
  expect(releasedChangelog(text, '1.2.0')).toBe(
    '# Changelog\n\n## Unreleased\n\nNothing yet.\n\n## 1.2.0\n\n- A change.\n\n## 1.1.0\n',
  )
  expect(() => releasedChangelog('# Changelog\n', '1.2.0')).toThrow('add it above the last release')
})

test('versions are told from other texts, and from versions before a release', () => {
  expect(['1.2.0', '1.2.0-rc.1', 'v1.2.0', '1.2', ''].map(isVersion)).toEqual([true, true, false, false, false])
  expect(['1.2.0', '1.2.0-rc.1'].map(tagOf)).toEqual(['latest', 'next'])
})

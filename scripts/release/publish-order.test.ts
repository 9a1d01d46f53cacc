import { expect, test } from 'vitest'

import { publishedPackages } from '../workspaces.ts'
import { inOrder } from './publish-order.ts'

test('every package comes after those it depends on', () => {
  const ordered = inOrder(publishedPackages())
  expect(ordered).toHaveLength(publishedPackages().length)
  const names = ordered.map(({ manifest }) => manifest.name)
  for (const [index, { manifest }] of ordered.entries())
    for (const name of Object.keys(manifest.dependencies ?? {}).filter((each) => names.includes(each)))
      expect({ of: manifest.name, name, before: names.indexOf(name) < index }).toMatchObject({ before: true })
})

// Each package manager on each Node. It takes minutes, so `npm test` runs only its first case (installed.test.ts);
// `npm run test:long` and CI run all.
import { afterAll, beforeAll, test } from 'vitest'

import { createPlayground } from '../support/holon-process.ts'
import type { LocalRegistry } from '../support/packages/local-registry.ts'
import { installedWith, managers, nodes } from '../support/packages/package-managers.ts'
import { cache, publishAll } from '../support/packages/published.ts'
import { useInstalledApp } from '../support/packages/use-installed-app.ts'

let registry: LocalRegistry

beforeAll(async () => {
  registry = await publishAll()
})

afterAll(async () => {
  await registry[Symbol.asyncDispose]()
})

const cases = nodes.flatMap((node) => managers.map((manager) => ({ manager, node })))

test.each(cases)('installed by $manager on Node $node, an app runs in one process and in several', async (which) => {
  const packages = ['holon@latest', '@types/node@24']
  await using app = createPlayground('packaged', installedWith({ ...which, packages, url: registry.url, cache }))
  await useInstalledApp(app)
})

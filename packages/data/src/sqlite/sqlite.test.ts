import { randomUUID } from 'node:crypto'
import { join } from 'node:path'

import { afterAll } from 'vitest'

import { type ConformanceDb, describeStore } from '../fixtures/store-conformance.ts'
import { temporaryDirectory } from '../fixtures/temporary-directory.ts'
import { sqlite } from './index.ts'

const directory = temporaryDirectory()
afterAll(() => directory.dispose())

describeStore('sqlite', {
  define: (migrations) => sqlite<ConformanceDb>({ migrations }),
  newConnection: async () => join(directory.path, 'deep', `${randomUUID()}.sqlite`),
})

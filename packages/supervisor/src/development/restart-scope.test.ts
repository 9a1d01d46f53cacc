import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { type CodeMap, restartScope } from './restart-scope.ts'

let folder: string
let code: CodeMap

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holon-scope-'))
  mkdirSync(join(folder, 'storefront/src'), { recursive: true })
  writeFileSync(join(folder, 'storefront/package.json'), '{}')
  const group = (name: string, ...files: string[]): CodeMap['groups'][number] => ({
    name,
    services: [name],
    failed: false,
    loadedFiles: new Set(['holon.config.ts', ...files].map((file) => join(folder, file))),
  })
  code = {
    folder,
    groups: [
      group('orders', 'services/orders/service.ts', 'services/stock/contract.ts', 'shared/money.ts'),
      group('stock', 'services/stock/service.ts', 'services/stock/contract.ts'),
      group('web', 'services/web/service.ts'),
    ],
    serviceFolders: { orders: join(folder, 'services/orders'), stock: join(folder, 'services/stock') },
    processes: { provider: { command: ['node', 'provider/server.ts'] } },
  }
})

afterAll(() => rmSync(folder, { recursive: true }))

const scope = (...files: string[]): ReturnType<typeof restartScope> =>
  restartScope(
    files.map((file) => join(folder, file)),
    code,
  )

test('a module concerns the processes that have loaded it, wherever it is', () => {
  expect(scope('services/orders/service.ts')).toEqual({ app: false, groups: ['orders'], processes: [] })
  expect(scope('shared/money.ts').groups).toEqual(['orders'])
  expect(scope('services/stock/contract.ts').groups).toEqual(['orders', 'stock'])
})

test("a file that nobody has loaded, in a service's folder, concerns that service", () => {
  expect(scope('services/stock/migrations/0002-more.sql')).toEqual({ app: false, groups: ['stock'], processes: [] })
})

test('what every process has loaded concerns the app', () => {
  expect(scope('holon.config.ts')).toMatchObject({ app: true, groups: ['orders', 'stock', 'web'] })
})

test('the program of an external process concerns that process', () => {
  expect(scope('provider/server.ts')).toEqual({ app: false, groups: [], processes: ['provider'] })
})

test('a file that nobody knows concerns the app, unless it belongs to a package of its own inside', () => {
  expect(scope('products.json').app).toBe(true)
  expect(scope('storefront/src/app.ts')).toEqual({ app: false, groups: [], processes: [] })
})

test('several files concern all that each of them concerns', () => {
  expect(scope('services/web/service.ts', 'provider/server.ts', 'storefront/src/app.ts')).toEqual({
    app: false,
    groups: ['web'],
    processes: ['provider'],
  })
})

test('a group that cannot start is tried again after any change', () => {
  const failed = { ...code, groups: code.groups.map((group) => ({ ...group, failed: group.name === 'web' })) }
  expect(restartScope([join(folder, 'storefront/src/app.ts')], failed).groups).toEqual(['web'])
})

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { createProvisioner } from './provisioner.ts'

test('the environment goes before the embedded database, and a file has a private folder', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'holon-provision-'))
  const provisioner = createProvisioner({
    dataFolder,
    environment: () => ({ ORDER_LINES_DATABASE_URL: 'postgres://elsewhere', CART_DATABASE_URL: '' }),
    embedded: (service) => Promise.resolve(`postgres://embedded/${service}`),
  })
  expect(await provisioner.provision('order-lines', 'url')).toBe('postgres://elsewhere')
  expect(await provisioner.provision('cart', 'url')).toBe('postgres://embedded/cart')
  expect(await provisioner.provision('web', 'url')).toBe('postgres://embedded/web')
  expect(await provisioner.provision('stock', 'file')).toBe(join(dataFolder, 'sqlite/stock.db'))
  expect(statSync(join(dataFolder, 'sqlite')).mode & 0o777).toBe(0o700)
  rmSync(dataFolder, { recursive: true })
})

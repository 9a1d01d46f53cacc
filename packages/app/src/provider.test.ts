import { expect, test } from 'vitest'

import { environmentProvider, type Provider, provideFrom } from './provider.ts'

const environment = environmentProvider(() => ({
  ORDER_LINES_DATABASE_URL: 'postgres://elsewhere',
  CART_DATABASE_URL: '',
}))
const postgresServer: Provider = {
  provide: async (service, kind) => (kind === 'postgres' ? `postgres://embedded/${service}` : undefined),
}
const providers = [environment, postgresServer]

test('the environment goes before the embedded database', async () => {
  expect(await provideFrom(providers, 'order-lines', 'postgres')).toBe('postgres://elsewhere')
  expect(await provideFrom(providers, 'cart', 'postgres')).toBe('postgres://embedded/cart')
  expect(await provideFrom(providers, 'web', 'postgres')).toBe('postgres://embedded/web')
})

test('a store of another kind gets what its own variable names, and never a PostgreSQL server', async () => {
  expect(await provideFrom(providers, 'order-lines', 'mysql')).toBe('postgres://elsewhere')
  await expect(provideFrom(providers, 'web', 'mysql')).rejects.toThrow(
    "WEB_DATABASE_URL is not set; it must be the URL of the database (mysql) of 'web'.",
  )
  await expect(provideFrom(providers, 'order-lines', 'sqlite')).rejects.toThrow('ORDER_LINES_DATABASE_URL')
})

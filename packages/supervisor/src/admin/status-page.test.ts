import { expect, test } from 'vitest'

import { statusPage } from './status-page.ts'
import type { SupervisorStatus } from './status.ts'

const status: SupervisorStatus = {
  app: '<shop>',
  state: 'ready',
  pid: 10,
  uptimeMs: 65_000,
  rssBytes: 60e6,
  totalBytes: 157e6,
  adminUrl: 'http://127.0.0.1:8090',
  gatewayUrl: 'http://127.0.0.1:8080',
  groups: [
    {
      name: 'orders',
      services: [{ name: 'orders', uses: ['stock', 'payments'] }],
      instances: [
        {
          name: 'orders-1',
          state: 'restarting',
          pid: undefined,
          restarts: 3,
          uptimeMs: undefined,
          rssBytes: undefined,
          reason: `</td><script>alert('x')</script>`,
          instance: 'orders-1-abc',
          address: undefined,
        },
      ],
    },
  ],
  processes: [],
  database: { pid: 11, rssBytes: 20e6 },
}

test('the page shows services, their processes, who calls whom, and where to go', () => {
  const page = statusPage(status, 'n0nce')
  for (const text of [
    'orders-1',
    'restarting',
    'stock, payments',
    'http://127.0.0.1:8080/docs',
    'postgres',
    '1 min',
    '157 MB',
  ])
    expect(page).toContain(text)
})

test('nothing that a name or a reason says can become part of the page', () => {
  const page = statusPage(status, 'n0nce')
  expect(page).not.toContain('<shop>')
  expect(page).not.toContain('<script>alert')
  expect(page.match(/<script/g)).toHaveLength(1)
})

import { expect, it } from 'vitest'

import { operationsPage } from './operations-page.ts'

it('lists what can be called, as text, and says what to install', () => {
  const page = operationsPage(
    {
      info: { title: 'Shop <b>' },
      paths: {
        '/orders/{id}': { get: { operationId: 'orders.find', summary: 'Finds <one>.' }, parameters: [] },
        '/orders': { post: { operationId: 'orders.place' } },
      },
    },
    '@fastify/swagger-ui',
  )
  expect(page).toContain('<title>Shop &#60;b&#62;</title>')
  expect(page).toContain('<tr><td>GET</td><td>/orders/{id}</td><td>Finds &#60;one&#62;.</td></tr>')
  expect(page).toContain('<tr><td>POST</td><td>/orders</td><td>orders.place</td></tr>')
  expect(page).toContain('<code>npm install @fastify/swagger-ui</code>')
  expect(page.match(/<tr>/g)).toHaveLength(2)
})

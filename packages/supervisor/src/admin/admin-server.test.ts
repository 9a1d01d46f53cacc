import { request } from 'node:http'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { AdminPortTaken, type AdminServer, startAdminServer } from './admin-server.ts'

let server: AdminServer
const source = {
  status: () => Promise.resolve({ app: 'shop' }),
  registry: () => ({ peers: [] }),
  page: (nonce: string) => Promise.resolve(`<script nonce="${nonce}"></script>`),
}

const start = (port: number): Promise<AdminServer> =>
  startAdminServer({ port, token: 'the-token', randomText: () => 'fresh', source })

beforeEach(async () => {
  server = await start(0)
})

afterEach(() => server.close())

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

function get(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}${path}`, { headers, method, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    sent.on('error', reject).end()
  })
}

const bearer = { authorization: 'Bearer the-token' }

test('the API answers those who bring the token, and nobody else', async () => {
  expect(await get('/api/status', bearer)).toMatchObject({ status: 200, body: '{"app":"shop"}' })
  expect(await get('/api/registry', bearer)).toMatchObject({ status: 200, body: '{"peers":[]}' })
  const wrong = [
    {},
    { authorization: 'Bearer other' },
    { authorization: 'the-token' },
    { authorization: 'Bearer the-token2' },
  ]
  for (const headers of wrong) expect((await get('/api/status', headers)).status).toBe(401)
  expect((await get('/api/nothing')).status).toBe(401)
  expect((await get('/api/nothing', bearer)).status).toBe(404)
})

test('a request that names another host gets nothing, token or not', async () => {
  for (const host of ['evil.example', 'evil.example:80', '127.0.0.1'])
    expect((await get('/', { ...bearer, host })).status).toBe(421)
  const { port } = new URL(server.url)
  expect((await get('/', { host: `localhost:${port}` })).status).toBe(200)
})

test('the page runs only its own script and can be framed by nobody', async () => {
  const { headers, body } = await get('/')
  expect(body).toContain('nonce="fresh"')
  expect(headers['content-security-policy']).toContain("script-src 'nonce-fresh'")
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  expect(headers['cache-control']).toBe('no-store')
  expect(headers['x-content-type-options']).toBe('nosniff')
})

test('other methods and paths are refused as problem documents', async () => {
  expect(await get('/', {}, 'POST')).toMatchObject({
    status: 405,
    headers: { 'content-type': 'application/problem+json' },
  })
  expect((await get('/elsewhere')).status).toBe(404)
  expect((await get('//')).status).toBe(404)
})

test('a taken port is said with the way out', async () => {
  const port = Number(new URL(server.url).port)
  await expect(start(port)).rejects.toThrow(AdminPortTaken)
  await expect(start(port)).rejects.toThrow(/HOLON_ADMIN_PORT/)
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { expect, it } from 'vitest'

import { Exchange } from './exchange.ts'
import { rawRequest } from './fixtures/raw-request.ts'
import { rawAnswer } from './raw-answer.ts'
import { securityHeaders } from './security-headers.ts'

const texts = ['{"name":"Zoë 🦊"}', JSON.stringify('ü'.repeat(20_000))]

interface Answering extends AsyncDisposable {
  readonly url: string
}

async function startAnswering(answer: (exchange: Exchange) => void): Promise<Answering> {
  const server = createServer((request, response) => answer(new Exchange(request, response)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: close }
}

it.each(texts.flatMap((text) => [text, Buffer.from(text), new Uint8Array(Buffer.from(`"…"${text}`)).subarray(5)]))(
  'an answer arrives as it was written, as text or as bytes, small or large (%#)',
  async (body) => {
    const answer = rawAnswer(securityHeaders())
    await using server = await startAnswering((exchange) => answer(exchange, 201, 'f'.repeat(32), body))
    const expected = typeof body === 'string' ? body : Buffer.from(body).toString()
    const {
      status,
      head,
      body: received,
    } = await rawRequest(server.url, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect({ status, received }).toEqual({ status: 201, received: expected })
    expect(head).toContain(`content-length: ${Buffer.byteLength(expected)}`)
    expect(head).toContain(`x-trace-id: ${'f'.repeat(32)}`)
    expect(head).toContain('content-type: application/json; charset=utf-8')
    for (const [name, value] of Object.entries(securityHeaders())) expect(head).toContain(`\r\n${name}: ${value}`)
    const onlyHead = await rawRequest(server.url, 'HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(onlyHead).toMatchObject({ status: 201, body: '' })
    expect(onlyHead.head).toContain(`content-length: ${Buffer.byteLength(expected)}`)
  },
)

it('what was set before is kept, and TLS is asked for behind TLS', async () => {
  const answer = rawAnswer(securityHeaders())
  await using server = await startAnswering((exchange) => {
    exchange.response.setHeader('access-control-allow-origin', 'https://friend.test')
    answer(exchange, 200, 'f'.repeat(32), '{}')
  })
  const { headers } = await fetch(server.url, { headers: { 'x-forwarded-proto': 'https' } })
  expect(headers.get('access-control-allow-origin')).toBe('https://friend.test')
  expect(headers.get('strict-transport-security')).toContain('max-age=')
  expect(headers.get('x-frame-options')).toBe('DENY')
})

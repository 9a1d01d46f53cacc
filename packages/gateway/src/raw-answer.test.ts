import fastify from 'fastify'
import { expect, it } from 'vitest'

import { rawRequest } from './fixtures/raw-request.ts'
import { rawAnswer } from './raw-answer.ts'
import { securityHeaders } from './security-headers.ts'

const texts = ['{"name":"Zoë 🦊"}', JSON.stringify('ü'.repeat(20_000))]

it.each(texts.flatMap((text) => [text, Buffer.from(text), new Uint8Array(Buffer.from(`"…"${text}`)).subarray(5)]))(
  'an answer arrives as it was written, as text or as bytes, small or large (%#)',
  async (body) => {
    await using server = fastify()
    const answer = rawAnswer(securityHeaders(), false)
    server.get('/', (_request, reply) => answer(reply, 201, 'f'.repeat(32), body))
    const url = await server.listen({ port: 0 })
    const expected = typeof body === 'string' ? body : Buffer.from(body).toString()
    const {
      status,
      head,
      body: received,
    } = await rawRequest(url, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect({ status, received }).toEqual({ status: 201, received: expected })
    expect(head).toContain(`content-length: ${Buffer.byteLength(expected)}`)
    expect(head).toContain(`x-trace-id: ${'f'.repeat(32)}`)
    expect(head).toContain('content-type: application/json; charset=utf-8')
    for (const [name, value] of Object.entries(securityHeaders())) expect(head).toContain(`\r\n${name}: ${value}`)
    const onlyHead = await rawRequest(url, 'HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(onlyHead).toMatchObject({ status: 201, body: '' })
    expect(onlyHead.head).toContain(`content-length: ${Buffer.byteLength(expected)}`)
  },
)

it('what plugins have set is kept, and TLS is asked for behind TLS', async () => {
  await using server = fastify()
  const answer = rawAnswer(securityHeaders(), true)
  server.get('/', (_request, reply) =>
    answer(reply.header('access-control-allow-origin', 'https://friend.test'), 200, 'f'.repeat(32), '{}'),
  )
  const { headers } = await fetch(await server.listen({ port: 0 }), { headers: { 'x-forwarded-proto': 'https' } })
  expect(headers.get('access-control-allow-origin')).toBe('https://friend.test')
  expect(headers.get('strict-transport-security')).toContain('max-age=')
  expect(headers.get('x-frame-options')).toBe('DENY')
})

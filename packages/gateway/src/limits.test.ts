import { once } from 'node:events'
import { connect } from 'node:net'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { problemOf } from './fixtures/problem-of.ts'
import { rawRequest } from './fixtures/raw-request.ts'
import { type NotesGateway, startNotes } from './fixtures/start-notes.ts'

let notes: NotesGateway
beforeAll(async () => {
  notes = await startNotes({
    limits: { bodyBytes: 10_000, headerBytes: 8192, requestTimeoutMs: 300, callTimeoutMs: 60_000 },
  })
})
afterAll(() => notes[Symbol.asyncDispose]())

const json = { 'content-type': 'application/json' }
const echo = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = json): Promise<Response> =>
  notes.fetch('/echo', { method: 'POST', body, headers })
const detailOf = async (body: string | Uint8Array<ArrayBuffer>): Promise<string> => {
  const problem = await problemOf(await echo(body))
  expect(problem).toMatchObject({ status: 400, code: 'invalid_argument' })
  return problem.detail
}

describe('a body', () => {
  it('must be JSON by its type', async () => {
    for (const type of [
      'text/plain',
      'application/xml',
      'multipart/form-data; boundary=x',
      'application/jsonp',
      'nonsense',
    ])
      expect(await problemOf(await echo('{}', { 'content-type': type }))).toMatchObject({
        type: 'https://holon.dev/problems/unsupported_media_type',
        status: 415,
      })
    expect((await echo(new Uint8Array([123, 125]), {})).status).toBe(415)
    for (const type of [
      'application/json; charset=utf-8',
      'Application/JSON',
      'application/merge-patch+json',
      'application/json;charset="UTF-8"',
    ])
      expect((await echo('{"value":1}', { 'content-type': type })).status).toBe(200)
  })

  it('must be in UTF-8 and not compressed', async () => {
    expect((await echo('{}', { 'content-type': 'application/json; charset=utf-16' })).status).toBe(415)
    expect((await echo('{}', { ...json, 'content-encoding': 'gzip' })).status).toBe(415)
    expect(await detailOf(Buffer.from('{"value":"caf\xe9"}', 'latin1'))).toBe('The body is not valid UTF-8.')
    expect(await detailOf(new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]))).toBe('The body is not valid UTF-8.')
  })

  it('must be well-formed; the place of the mistake is told', async () => {
    expect(await detailOf('{"value": x}')).toContain('position 10 (line 1, column 11)')
    expect(await detailOf('{"value": 1,\n "b": }')).toContain('position 19 (line 2, column 7)')
    expect(await detailOf('{"value": 1')).toContain('position 11')
    expect(await detailOf('{"value": 01}')).toContain('not valid JSON')
    expect(await detailOf('{"value": NaN}')).toContain('position 10')
    expect(await detailOf('{"value": 1} // done')).toContain('position 13')
    expect(await detailOf('"a\0b"')).toContain('not valid JSON')
  })

  it('must mean the same to every reader', async () => {
    expect(await detailOf('{"value":1,"value":2}')).toContain('name twice')
    expect(await detailOf('{"value":{"a":[{"b":1,"\\u0062":2}]}}')).toContain('name twice')
    expect(await detailOf('{"value":1e400}')).toContain('double')
    expect(await detailOf(`{"value":${'9'.repeat(400)}}`)).toContain('double')
    expect(await detailOf('{"value":"\\ud800"}')).toContain('surrogate')
    expect(await detailOf('{"value":"a\\u0000b"}')).toContain('U+0000')
    expect((await echo('{"value":"\\ud83d\\ude00 \\\\u0000 a:b{[ 1e400 \\""}')).status).toBe(200)
  })

  it('cannot poison a prototype', async () => {
    for (const body of [
      '{"value":1,"__proto__":{"admin":true}}',
      '{"value":{"\\u005f_proto__":{"admin":true}}}',
      '{"value":[{"constructor":{"prototype":{"admin":true}}}]}',
    ])
      expect(await detailOf(body)).toMatch(/not accepted/)
    expect((await echo('{"value":{"constructor":"Porsche"}}')).status).toBe(200)
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  it('cannot be nested deeply', async () => {
    for (const depth of [101, 4000]) {
      expect(await detailOf(`{"value":${'['.repeat(depth)}${']'.repeat(depth)}}`)).toContain('100 levels')
      expect(await detailOf('{"value":'.repeat(depth).slice(0, 9000))).toContain('100 levels')
    }
    expect((await echo(`{"value":${'['.repeat(99)}${']'.repeat(99)}}`)).status).toBe(200)
  })

  it('cannot be larger than the limit, announced or not', async () => {
    expect(await problemOf(await echo(`{"value":"${'x'.repeat(20_000)}"}`))).toMatchObject({
      type: 'https://holon.dev/problems/body_too_large',
      status: 413,
    })
    const chunk = `${(5000).toString(16)}\r\n${'x'.repeat(5000)}\r\n`
    const head =
      'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
    const { status } = await rawRequest(notes.url, head, chunk, chunk, chunk, '0\r\n\r\n')
    expect(status).toBe(413)
  })
})

describe('a request that is no proper one', () => {
  const problemIn = ({ body, head }: { body: string; head: string }): Record<string, unknown> => {
    expect(head.toLowerCase()).toContain('content-type: application/problem+json')
    return JSON.parse(body) as Record<string, unknown>
  }

  it('with too large a head is 431', async () => {
    const tooLong = `GET /notes HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(9000)}\r\n\r\n`
    expect(problemIn(await rawRequest(notes.url, tooLong))).toMatchObject({
      status: 431,
      type: expect.stringContaining('headers_too_large') as string,
    })
    expect((await rawRequest(notes.url, `GET /${'x'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`)).status).toBe(431)
  })

  it('with too long a part in its path is 414', async () => {
    const response = await notes.fetch(`/notes/${'7'.repeat(2000)}`)
    expect(await problemOf(response)).toMatchObject({ status: 414 })
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('with a path that is no UTF-8 is 400', async () => {
    for (const path of ['/notes/%ff', '/notes/%', '/notes/%zz', '/%c0%ae%c0%ae/'])
      expect((await rawRequest(notes.url, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).status).toBe(
        400,
      )
    expect((await problemOf(await notes.fetch('/notes/%00'))).detail).toContain('U+0000')
  })

  it('that is no HTTP is 400, and the connection closes', async () => {
    for (const bytes of ['nonsense\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01'])
      expect(problemIn(await rawRequest(notes.url, bytes))).toMatchObject({ status: 400, code: 'invalid_argument' })
  })

  it('that says its length in two ways is refused (request smuggling)', async () => {
    const head = 'POST /ping HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect((await rawRequest(notes.url, head, '0\r\n\r\nGET /notes HTTP/1.1\r\n\r\n')).status).toBe(400)
    expect(
      (
        await rawRequest(
          notes.url,
          'POST /ping HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd',
        )
      ).status,
    ).toBe(400)
  })

  it('that never ends is 408, and the connection closes (slowloris)', async () => {
    const halfHead = await rawRequest(notes.url, 'GET /notes HTTP/1.1\r\nHost: a\r\nX-Slow: ')
    expect(problemIn(halfHead)).toMatchObject({ status: 408, code: 'deadline_exceeded' })
    const halfBody = await rawRequest(
      notes.url,
      'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"value":',
    )
    expect(problemIn(halfBody)).toMatchObject({ status: 408 })
    expect(Math.max(halfHead.durationMs, halfBody.durationMs)).toBeLessThan(15_000)
  })

  it('leaves the others undisturbed', async () => {
    expect((await notes.fetch('/notes')).status).toBe(200)
  })
})

describe('a client that goes away', () => {
  it('cancels the call that it caused', async () => {
    const leave = new AbortController()
    const waiting = once(notes.world.events, 'waiting')
    const gone = notes.fetch('/wait', { signal: leave.signal }).catch((error: unknown) => error)
    await waiting
    const aborted = once(notes.world.events, 'aborted')
    leave.abort()
    await aborted
    await gone
  })

  it('in the middle of its body causes no call', async () => {
    const { hostname, port } = new URL(notes.url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    const handled = notes.observations.length
    socket.write(
      'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"value":',
    )
    socket.destroy()
    await once(socket, 'close')
    expect((await notes.fetch('/notes')).status).toBe(200)
    const since = notes.observations.slice(handled)
    expect(since.filter((seen) => seen.kind === 'fault')).toEqual([])
    expect(since.some((seen) => seen.kind === 'call-handled' && seen.call.operation === 'notes.echo')).toBe(false)
  })
})

import { once } from 'node:events'
import { connect } from 'node:net'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { rawProblem, rawRequest } from './fixtures/raw-request.ts'
import { type NotesGateway, startNotes } from './fixtures/start-notes.ts'

let notes: NotesGateway
beforeAll(async () => {
  notes = await startNotes({ limits: { requestTimeoutMs: 2000 } })
})
afterAll(() => notes[Symbol.asyncDispose]())

/** Sends the lines as they are; `rawRequest` fails where the connection is not closed by the gateway. */
const sent = (...lines: readonly string[]): ReturnType<typeof rawProblem> =>
  rawProblem(notes.url, `${lines.join('\r\n')}\r\n\r\n`)
const get = 'GET /notes HTTP/1.1'

describe('a request on which a proxy in front may judge otherwise is refused, and the connection closed', () => {
  it.each([
    ['without Host', 400, [get]],
    ['with two Hosts', 400, [get, 'Host: a', 'Host: b']],
    ['with the same Host twice', 400, [get, 'Host: a', 'hOST: a']],
    ['with a Host that is none', 400, [get, 'Host: a/b@c']],
    ['with two hosts in one', 400, [get, 'Host: a, b']],
    ['for another host than its Host', 400, ['GET http://b/notes HTTP/1.1', 'Host: a']],
    ['with a fragment', 400, ['GET /notes#/../x HTTP/1.1', 'Host: a']],
    ['with two tokens', 400, [get, 'Host: a', 'Authorization: Bearer a', 'Authorization: Bearer b']],
    ['with two types', 400, ['POST /ping HTTP/1.1', 'Host: a', 'Content-Type: application/json', 'Content-Type: a/b']],
    ['with two keys', 400, ['POST /seen HTTP/1.1', 'Host: a', 'Idempotency-Key: a', 'Idempotency-Key: b']],
    ['with an encoded transfer', 501, ['POST /ping HTTP/1.1', 'Host: a', 'Transfer-Encoding: gzip, chunked', '', '0']],
    [
      'of HTTP/1.0 in chunks',
      400,
      ['POST /ping HTTP/1.0', 'Connection: keep-alive', 'Transfer-Encoding: chunked', '', '0'],
    ],
    ['of HTTP/2.0 in plain text', 505, ['GET /notes HTTP/2.0', 'Host: a']],
    ['of HTTP/0.9', 505, ['GET /notes HTTP/0.9', 'Host: a']],
    ['that expects what nobody knows', 417, [get, 'Host: a', 'Expect: miracles']],
    ['that asks for a tunnel', 501, ['CONNECT example.org:443 HTTP/1.1', 'Host: example.org:443']],
    ['that reads and has a body', 400, [get, 'Host: a', 'Content-Length: 4', '', 'abcd']],
    ['that reads and has a body in chunks', 400, [get, 'Host: a', 'Transfer-Encoding: chunked', '', '0']],
  ])('%s (%i)', async (_name, status, lines) => {
    const problem = await sent(...lines)
    expect(problem).toMatchObject({
      status,
      instance: expect.any(String) as string,
      detail: expect.any(String) as string,
    })
    expect(problem.detail).not.toContain('quote the trace id')
  })

  it.each(['Host: b', 'Expect: miracles'])(
    'and what stands behind it on the connection is not read: %s',
    async (line) => {
      const behind = 'POST /ping HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n'
      const { body } = await rawRequest(notes.url, `${get}\r\nHost: a\r\n${line}\r\n\r\n${behind}`)
      expect(body).not.toContain('HTTP/1.1 200')
      const pings = notes.observations.filter(
        (seen) => seen.kind === 'call-handled' && seen.call.operation === 'notes.ping',
      )
      expect(pings).toEqual([])
    },
  )
})

describe('what is not ambiguous is answered', () => {
  it.each([
    ['a URL as the target, for the very host', ['GET http://a/notes HTTP/1.1', 'Host: a']],
    ['HTTP/1.0, without a Host', ['GET /notes HTTP/1.0']],
    ['an expectation in HTTP/1.0, which has none', ['GET /notes HTTP/1.0', 'Expect: miracles']],
    ['an empty body of a GET', [get, 'Host: a', 'Content-Length: 0']],
    ['an address of IPv6', [get, 'Host: [::1]:8080']],
    ['headers that may stand twice', [get, 'Host: a', 'Accept: */*', 'Accept: a/b', 'Cookie: a=1', 'Cookie: b=2']],
  ])('%s', async (_name, lines) => {
    expect((await rawRequest(notes.url, `${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`)).status).toBe(200)
  })
})

describe('what nobody can take for a request is told in a problem document, too', () => {
  it.each([
    ['nonsense', 400],
    [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}`, 431],
    [`${get}\r\nHost: a\r\nX-Slow`, 408],
  ])('%j: %i', async (text, status) => {
    const end = status === 408 ? '' : '\r\n\r\n'
    expect(await rawProblem(notes.url, `${text}${end}`)).toMatchObject({ status })
  })

  it('with its path where it was known', async () => {
    const head = 'POST /echo?a=b HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{'
    expect(await rawProblem(notes.url, head)).toMatchObject({ status: 408, instance: '/echo' })
  })

  it.each(['nonsense', 'CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443'])(
    'but never in place of the answer to another request: %j',
    async (text) => {
      const { head } = await rawRequest(notes.url, `GET /wait HTTP/1.1\r\nHost: a\r\n\r\n${text}\r\n\r\n`)
      expect(head).toBe('')
    },
  )

  it('and whoever asks for a tunnel and is gone then disturbs nobody', async () => {
    const { hostname, port } = new URL(notes.url)
    for (let turn = 0; turn < 20; turn += 1) {
      const socket = connect(Number(port), hostname)
      await once(socket, 'connect')
      socket.write('CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n')
      socket.resetAndDestroy()
    }
    expect((await notes.fetch('/notes')).status).toBe(200)
  })
})

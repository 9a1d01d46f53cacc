import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { Socket } from 'node:net'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { openSocket } from './fixtures/open-socket.ts'
import { rawRequest } from './fixtures/raw-request.ts'
import { type NotesGateway, startNotes } from './fixtures/start-notes.ts'

const origin = 'https://friend.test'

let notes: NotesGateway
beforeAll(async () => {
  notes = await startNotes({ limits: { bodyBytes: 1000 }, cors: { origins: [origin] } })
})
afterAll(() => notes[Symbol.asyncDispose]())

const head = (line: string, ...more: readonly string[]): string =>
  [`${line} HTTP/1.1`, 'Host: a', 'Content-Type: application/json', ...more, '', ''].join('\r\n')
const post = (path: string, body = ''): string => `${head(`POST ${path}`, `Content-Length: ${body.length}`)}${body}`
const chunked = (path: string, body: string): string =>
  `${head(`POST ${path}`, 'Transfer-Encoding: chunked')}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
const last = head('GET /notes', 'Connection: close')
const statuses = (text: string): readonly string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status ?? '')
const pings = (): number =>
  notes.observations.filter((seen) => seen.kind === 'call-handled' && seen.call.operation === 'notes.ping').length

/** All that comes back until the connection is closed. */
async function received(text: string): Promise<string> {
  const socket = await openSocket(notes.url)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.write(text)
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

describe('a request behind one whose body is refused', () => {
  it('is answered where that body has been read', async () => {
    const text = await received(post('/notes/1/archive', '{bad') + post('/ping') + last)
    expect(statuses(text)).toEqual(['400', '200', '200'])
  })

  it('is not let in where that answer closes the connection', async () => {
    const before = pings()
    for (const refused of [
      chunked('/echo', 'x'.repeat(2000)),
      chunked('/echo', 'x'.repeat(500_000)),
      post('/echo', 'x'.repeat(500_000)),
      post('/notes', 'x'.repeat(500_000)), // needs a token
      post('/nowhere', 'x'.repeat(500_000)),
    ]) {
      const text = await received(refused + post('/ping').repeat(3) + last)
      expect(statuses(text)).toHaveLength(1)
      expect(text).toContain('connection: close')
    }
    expect(pings()).toBe(before)
  })
})

/** Sends until the connection is closed, or `most` bytes have gone; resolves with how many have. */
async function flood(socket: Socket, most: number): Promise<number> {
  const block = Buffer.alloc(1 << 20)
  let sent = 0
  while (sent < most && !socket.destroyed) {
    sent += block.length
    if (!socket.write(block))
      await new Promise<unknown>((resolve) => socket.once('drain', resolve).once('close', resolve))
  }
  return sent
}

describe('a body that nobody wants', () => {
  it.each([
    [401, '/notes'],
    [404, '/nowhere'],
    [405, '/whoami'],
    [413, '/echo'],
  ])('is not read to its end; the answer comes first (%i)', async (status, path) => {
    const socket = await openSocket(notes.url)
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    socket.write(head(`POST ${path}`, 'Content-Length: 900000000'))
    expect(await flood(socket, 200_000_000)).toBeLessThan(100_000_000)
    expect(statuses(text)).toEqual([String(status)])
    expect(text).toContain('connection: close')
    expect(text.endsWith('}')).toBe(true)
  })

  it('of a preflight is not read, either', async () => {
    const preflight = head(
      'OPTIONS /notes',
      `Origin: ${origin}`,
      'Access-Control-Request-Method: POST',
      'Content-Length: 9000',
    )
    const answer = await rawRequest(notes.url, preflight)
    expect(answer).toMatchObject({ status: 204, head: expect.stringMatching(/connection: close/i) as string })
  })

  it('does not cost its client the answer', async () => {
    for (const size of [10_000, 300_000, 3_000_000]) {
      const request = httpRequest(`${notes.url}/echo`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': size },
      })
      const answered = once(request, 'response') as Promise<[{ readonly statusCode: number }]>
      request.end(Buffer.alloc(size))
      const [{ statusCode }] = await answered
      expect(statusCode).toBe(413)
      request.destroy()
    }
  })
})

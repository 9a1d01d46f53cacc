import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import { expect, it } from 'vitest'

import { startNotes, type NotesGateway } from './fixtures/start-notes.ts'

async function openTo({ url }: NotesGateway): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  return socket
}

const request = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`

it('a connection has at most 16 requests answered at a time; the others wait, and are answered in order', async () => {
  await using notes = await startNotes()
  let waiting = 0
  notes.world.events.on('waiting', () => (waiting += 1))
  const flood = await openTo(notes)
  flood.write(request('/wait').repeat(10_000))
  await expect.poll(() => waiting).toBe(16)
  for (let count = 0; count < 20; count += 1) expect((await notes.fetch('/notes')).status).toBe(200)
  expect(waiting).toBe(16)
  const closed = once(flood, 'close')
  flood.destroy()
  await closed
  expect((await notes.fetch('/notes')).status).toBe(200)
  expect(waiting).toBe(16)
})

it('thousands of requests on one connection, with and without bodies, are all answered in order', async () => {
  await using notes = await startNotes()
  const socket = await openTo(notes)
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const post = (value: number): string => {
    const body = JSON.stringify({ value, more: 'x'.repeat(value % 97) })
    return `POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  }
  const count = 3000
  for (let value = 0; value < count; value += 1)
    socket.write(value % 3 === 0 ? request(`/notes?text=t${value}`) : post(value))
  socket.write(request('/notes?text=last', 'Connection: close\r\n'))
  await once(socket, 'close')
  const values = [...text.matchAll(/"text":"t(\d+)"|"value":(\d+)/g)].map(([, read, echoed]) => Number(read ?? echoed))
  expect(values).toEqual(Array.from({ length: count }, (_, value) => value))
  expect(text).toContain('"text":"last"')
}, 30_000)

it('a client is answered while fifty others send thousands of requests at once', async () => {
  await using notes = await startNotes()
  const floods = await Promise.all(Array.from({ length: 50 }, () => openTo(notes)))
  for (const flood of floods) {
    flood.resume()
    flood.write(request('/notes').repeat(2000))
  }
  for (let count = 0; count < 5; count += 1) expect((await notes.fetch('/maybe')).status).toBe(200)
  const handled = notes.observations.filter((seen) => seen.kind === 'call-handled').length
  expect(handled).toBeLessThan(50 * 2000)
  for (const flood of floods) flood.destroy()
}, 30_000)

import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { expect, it } from 'vitest'

import { expose } from './definition/index.ts'
import { notes as contract } from './fixtures/notes.ts'
import { openSocket } from './fixtures/open-socket.ts'
import { startNotes } from './fixtures/start-notes.ts'
import { audience, createKey, issuer, sign } from './fixtures/tokens.ts'

const request = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`

async function startKeyServer(): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

it('nothing is begun for a client that has left while its token was checked', async () => {
  const key = await createKey('one')
  const { server, url } = await startKeyServer()
  const exposed = [expose(contract, ['follow', 'whoami', 'list'])]
  await using notes = await startNotes({ expose: exposed, auth: { issuer, audience, jwks: url } })
  let followed = 0
  notes.world.events.on('followed', () => (followed += 1))
  const authorization = `Bearer ${await sign(key)}`
  const asked = once(server, 'request') as Promise<[unknown, ServerResponse]>
  const sockets = await Promise.all(Array.from({ length: 5 }, () => openSocket(notes.url)))
  for (const socket of sockets) socket.write(request('/mine/events', `Authorization: ${authorization}\r\n`))
  const [, keys] = await asked
  await Promise.all(
    sockets.map(async (socket) => {
      const closed = once(socket, 'close')
      socket.destroy()
      await closed
    }),
  )
  // The gateway has seen that they are gone when it answers who came later.
  expect((await notes.fetch('/notes')).status).toBe(200)
  keys.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key.jwk] }))
  expect((await notes.fetch('/whoami', { headers: { authorization } })).status).toBe(200)
  expect(followed).toBe(0)
  const stays = await openSocket(notes.url)
  const begun = once(notes.world.events, 'followed')
  stays.write(request('/mine/events', `Authorization: ${authorization}\r\n`))
  await begun
  const aborted = once(notes.world.events, 'aborted')
  stays.destroy()
  await aborted
  expect(followed).toBe(1)
  server.close()
})

it('a stream whose turn on the connection has not come ends when its client leaves', async () => {
  await using notes = await startNotes()
  let waiting = 0
  let aborted = 0
  notes.world.events.on('waiting', () => (waiting += 1)).on('aborted', () => (aborted += 1))
  const socket = await openSocket(notes.url)
  socket.write(request('/notes/1/events').repeat(5))
  await expect.poll(() => waiting).toBe(5)
  socket.destroy()
  await expect.poll(() => aborted).toBe(5)
})

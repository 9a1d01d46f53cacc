import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import { duplexPair } from 'node:stream'

import { expect, it } from 'vitest'

import { Arrivals, readInto } from './arrivals.ts'

it('an accepted socket reads always into the same memory', async () => {
  const arrivals = new Arrivals()
  const chunks: Uint8Array[] = []
  arrivals.receive = (chunk) => chunks.push(chunk)
  const server = net.createServer({ pauseOnConnect: true }, (accepted) => {
    readInto(accepted, arrivals)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.write('first')
  await expect.poll(() => chunks.length).toBe(1)
  expect(Buffer.from(chunks[0] as Uint8Array).toString()).toBe('first')
  client.end('later')
  await expect.poll(() => chunks.length).toBe(2)
  expect(Buffer.from(chunks[1] as Uint8Array).toString()).toBe('later')
  // Written over: whoever wants to keep what has come must copy it.
  expect(Buffer.from(chunks[0] as Uint8Array).toString()).toBe('later')
  server.close()
})

it('a socket without the handle that Node has today is read all the same', async () => {
  const arrivals = new Arrivals()
  let text = ''
  arrivals.receive = (chunk) => (text += Buffer.from(chunk).toString())
  const [near, far] = duplexPair()
  far.pause()
  readInto(far as Socket, arrivals)
  near.end('still here')
  await expect.poll(() => text).toBe('still here')
})

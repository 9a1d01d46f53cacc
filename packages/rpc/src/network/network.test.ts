import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, it } from 'vitest'

import { memoryNetwork } from './memory-network.ts'
import type { Address, ByteStream, Listener, Network } from './network.ts'
import { nodeNetwork } from './node-network.ts'

const directory = mkdtempSync(join(tmpdir(), 'holon-network-'))
afterAll(() => rmSync(directory, { recursive: true }))
let paths = 0

const networks: Record<string, () => { readonly network: Network; readonly address: Address }> = {
  'in memory': () => ({ network: memoryNetwork(), address: { host: 'm', port: 0 } }),
  'over TCP': () => ({ network: nodeNetwork(), address: { host: '127.0.0.1', port: 0 } }),
  'over Unix sockets': () => ({ network: nodeNetwork(), address: { path: join(directory, `s${paths++}`) } }),
}

interface End {
  readonly stream: ByteStream
  readonly text: () => string
  readonly closed: Promise<Error | undefined>
}

function end(stream: ByteStream): End {
  let text = ''
  stream.onData((chunk) => (text += Buffer.from(chunk).toString()))
  const closed = new Promise<Error | undefined>((resolve) => stream.onClose(resolve))
  return { stream, text: () => text, closed }
}

async function connected({
  network,
  address,
}: ReturnType<(typeof networks)[string]>): Promise<{ near: End; far: End; listener: Listener }> {
  let accept: (far: End) => void = () => {}
  const accepted = new Promise<End>((resolve) => (accept = resolve))
  const listener = await network.listen(address, (stream) => accept(end(stream)))
  const near = end(await network.connect(listener.address, 1000))
  return { near, far: await accepted, listener }
}

describe.each(Object.entries(networks))('a network %s', (_name, create) => {
  it('carries bytes both ways, in order, and what is written may be changed once it is taken', async () => {
    const { near, far, listener } = await connected(create())
    const bytes = Buffer.from('0')
    for (let n = 0; n < 10; n++) {
      bytes[0] = 48 + n
      near.stream.write(bytes)
      while (near.stream.pendingBytes > 0) await new Promise((resolve) => setImmediate(resolve))
    }
    near.stream.writeAll([Buffer.from('a'), Buffer.from('b')])
    far.stream.write(Buffer.from('back'))
    await expect.poll(far.text).toBe('0123456789ab')
    await expect.poll(near.text).toBe('back')
    near.stream.destroy()
    await far.closed
    await listener.close()
  })

  it('delivers what was sent before the end, then says once that it is over', async () => {
    const { near, far, listener } = await connected(create())
    near.stream.write(Buffer.from('last words'))
    near.stream.end()
    expect(await far.closed).toBeUndefined()
    expect(far.text()).toBe('last words')
    await near.closed
    await listener.close()
  })

  it('delivers nothing while it is paused, and everything afterwards', async () => {
    const { near, far, listener } = await connected(create())
    far.stream.pause()
    near.stream.write(Buffer.from('patience'))
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(far.text()).toBe('')
    far.stream.resume()
    await expect.poll(far.text).toBe('patience')
    near.stream.destroy()
    await listener.close()
  })

  it('refuses an address that is taken, and connecting where nobody listens', async () => {
    const { network, address } = create()
    const listener = await network.listen(address, () => {})
    await expect(network.listen(listener.address, () => {})).rejects.toThrow(/Cannot listen on .*taken/)
    await listener.close()
    await expect(network.connect(listener.address, 1000)).rejects.toThrow(/./)
  })

  it('closes a listener at once, and leaves its connections open', async () => {
    const { near, far, listener } = await connected(create())
    await listener.close()
    near.stream.write(Buffer.from('still here'))
    await expect.poll(far.text).toBe('still here')
    near.stream.destroy()
    await far.closed
  })

  it('tells one side that the other was cut off', async () => {
    const { near, far, listener } = await connected(create())
    far.stream.destroy()
    await near.closed
    await listener.close()
  })
})

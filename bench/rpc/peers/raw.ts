// The limit of Node itself: node:net, frames with a length, in order and without ids; writes gathered in one buffer for
// each turn of the event loop. `get` echoes 300 bytes; nobody looks at what is inside. The `early` ones also write as
// soon as 6 kB wait, so that the other side begins sooner.
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { changeOf, documentOf, type Product, type RpcClient, type RpcPeer } from '../workload.ts'

type Address = { readonly path: string } | { readonly host: string; readonly port: number }

/** Gathers frames in one buffer; one write for each turn. */
class Out {
  readonly #socket: net.Socket
  readonly #flushAt: number
  #buffer = Buffer.allocUnsafeSlow(1 << 16)
  #length = 0
  readonly #flush = (): void => void this.flush()

  constructor(socket: net.Socket, flushAt: number) {
    this.#socket = socket
    this.#flushAt = flushAt
  }

  put(bytes: Buffer, from = 0, to = bytes.length): void {
    const length = to - from
    if (this.#length === 0) process.nextTick(this.#flush)
    const end = this.#length + length + 4
    if (end > this.#buffer.length) this.#grow(end)
    this.#buffer.writeUInt32LE(length, this.#length)
    bytes.copy(this.#buffer, this.#length + 4, from, to)
    this.#length = end
    if (end >= this.#flushAt) this.flush()
  }

  /** Returns false when the socket is full. */
  flush(): boolean {
    if (this.#length === 0) return true
    const more = this.#socket.write(this.#buffer.subarray(0, this.#length))
    // What the kernel did not take at once is still in use.
    if (this.#socket.writableLength !== 0) this.#buffer = Buffer.allocUnsafeSlow(1 << 16)
    this.#length = 0
    return more
  }

  get full(): boolean {
    return this.#length > 1 << 15
  }

  #grow(size: number): void {
    const buffer = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, size))
    this.#buffer.copy(buffer, 0, 0, this.#length)
    this.#buffer = buffer
  }
}

function readFrames(socket: net.Socket, onFrame: (bytes: Buffer, from: number, to: number) => void): void {
  let rest: Buffer[] = []
  let restLength = 0
  let wanted = 0
  socket.on('data', (data) => {
    let chunk = Buffer.isBuffer(data) ? data : Buffer.from(data)
    if (restLength > 0) {
      rest.push(chunk)
      restLength += chunk.length
      if (restLength < wanted) return
      chunk = Buffer.concat(rest)
      rest = []
      restLength = 0
    }
    let at = 0
    while (chunk.length - at >= 4) {
      const length = chunk.readUInt32LE(at)
      wanted = length + 4
      if (chunk.length - at < wanted) break
      onFrame(chunk, at + 4, at + wanted)
      at += wanted
    }
    if (at === chunk.length) return
    if (chunk.length - at < 4) wanted = 4
    rest = [chunk.subarray(at)]
    restLength = chunk.length - at
  })
}

const frame = Buffer.alloc(300, 'a')
const askDocument = 1
const askChanges = 2

async function serve(address: Address, flushAt: number): Promise<unknown> {
  const documents = new Map<number, Buffer>()
  const server = net.createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {})
    const out = new Out(socket, flushAt)
    readFrames(socket, (bytes, from, to) => {
      if (to - from === frame.length) return out.put(bytes, from, to)
      const amount = bytes.readUInt32LE(from + 1)
      if (bytes[from] === askChanges) return void sendChanges(socket, out, amount)
      const document = documents.get(amount) ?? Buffer.from(documentOf(amount))
      documents.set(amount, document)
      out.put(document)
    })
  })
  server.listen(address)
  await once(server, 'listening')
  const bound = server.address()
  return bound === null || typeof bound === 'string' ? address : { host: '127.0.0.1', port: bound.port }
}

async function sendChanges(socket: net.Socket, out: Out, count: number): Promise<void> {
  const items = Array.from({ length: 100 }, (_, n) => Buffer.from(JSON.stringify(changeOf(n))))
  for (let n = 0; n < count; n++) {
    out.put(items[n % items.length] ?? frame)
    if (out.full && !out.flush()) await once(socket, 'drain')
  }
}

async function connect(address: Address, flushAt: number): Promise<RpcClient> {
  const socket = net.connect(address)
  await once(socket, 'connect')
  socket.setNoDelay(true)
  const out = new Out(socket, flushAt)
  let waiting: ((length: number) => void)[] = []
  let first = 0 // Answers come in the order of the requests.
  let onItem: ((bytes: Buffer) => void) | undefined
  readFrames(socket, (bytes, from, to) => {
    if (onItem) return onItem(bytes)
    const resolve = waiting[first++]
    if (first > 4096) {
      waiting = waiting.slice(first)
      first = 0
    }
    resolve?.(to - from)
  })
  /** Resolves to the length of the answer. */
  const ask = (request: Buffer): Promise<number> =>
    new Promise((resolve) => {
      waiting.push(resolve)
      out.put(request)
    })
  return {
    get: () => ask(frame) as Promise<unknown> as Promise<Product>,
    document: async (bytes) => ({ length: await ask(command(askDocument, bytes)) }) as string,
    changes: (count, onChange) =>
      new Promise((resolve) => {
        let left = count
        onItem = () => {
          // Only counted: raw echo has bytes and no values.
          onChange({} as never)
          if (--left > 0) return
          onItem = undefined
          resolve()
        }
        out.put(command(askChanges, count))
      }),
  }
}

function command(kind: number, amount: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes[0] = kind
  bytes.writeUInt32LE(amount, 1)
  return bytes
}

function unixAddress(): Address {
  return { path: join(mkdtempSync(join(tmpdir(), 'holon-bench-')), 'raw.sock') }
}

const tcpAddress: Address = { host: '127.0.0.1', port: 0 }
const never = Infinity

function peer(address: () => Address, flushAt: number): RpcPeer {
  return { bare: true, serve: () => serve(address(), flushAt), connect: (bound: Address) => connect(bound, flushAt) }
}

export const peers: Readonly<Record<string, RpcPeer>> = {
  'raw-tcp': peer(() => tcpAddress, never),
  'raw-unix': peer(unixAddress, never),
  'raw-tcp-early': peer(() => tcpAddress, 6 * 1024),
  'raw-unix-early': peer(unixAddress, 6 * 1024),
}

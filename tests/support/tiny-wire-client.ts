/** A client of the wire protocol written after docs/reference/wire-protocol.md alone: nothing of Holon is imported. */
import { createHmac, randomBytes } from 'node:crypto'
import net from 'node:net'

export interface TinyFrame {
  readonly type: number
  readonly call: number
  readonly body: Buffer
}

export const types = {
  hello: 0,
  authenticate: 1,
  welcome: 2,
  refuse: 3,
  request: 4,
  response: 5,
  error: 6,
  cancel: 7,
  item: 8,
  end: 9,
  credit: 10,
  goAway: 11,
  ping: 12,
  pong: 13,
  part: 14,
  text: 15,
  window: 16,
} as const

export function frame(type: number, call: number, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUInt32LE(body.length + 5, 0)
  head[4] = type
  head.writeUInt32LE(call, 5)
  return Buffer.concat([head, body])
}

/** MessagePack of what a test needs. */
export function pack(value: unknown): Buffer {
  if (value === null) return Buffer.from([0xc0])
  if (typeof value === 'boolean') return Buffer.from([value ? 0xc3 : 0xc2])
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9, 0xcb)
    bytes.writeDoubleBE(value, 1)
    return bytes
  }
  if (typeof value === 'string') {
    const text = Buffer.from(value)
    return Buffer.concat([Buffer.from([0xda, text.length >> 8, text.length & 255]), text])
  }
  if (Array.isArray(value))
    return Buffer.concat([Buffer.from([0xdc, value.length >> 8, value.length & 255]), ...value.map(pack)])
  const entries = Object.entries(value as object)
  return Buffer.concat([
    Buffer.from([0xde, entries.length >> 8, entries.length & 255]),
    ...entries.flatMap(([key, item]) => [pack(key), pack(item)]),
  ])
}

export function unpack(bytes: Buffer): unknown {
  let at = 0
  const take = (count: number): Buffer => bytes.subarray(at, (at += count))
  const list = (count: number): unknown[] => Array.from({ length: count }, value)
  const map = (count: number): unknown => Object.fromEntries(Array.from({ length: count }, () => [value(), value()]))
  const wide: { readonly [token: number]: () => unknown } = {
    0xc0: () => null,
    0xc2: () => false,
    0xc3: () => true,
    0xca: () => take(4).readFloatBE(),
    0xcb: () => take(8).readDoubleBE(),
    0xcc: () => take(1).readUInt8(),
    0xcd: () => take(2).readUInt16BE(),
    0xce: () => take(4).readUInt32BE(),
    0xd0: () => take(1).readInt8(),
    0xd1: () => take(2).readInt16BE(),
    0xd2: () => take(4).readInt32BE(),
    0xd4: () => void take(2),
    0xd9: () => take(take(1).readUInt8()).toString(),
    0xda: () => take(take(2).readUInt16BE()).toString(),
    0xdb: () => take(take(4).readUInt32BE()).toString(),
    0xdc: () => list(take(2).readUInt16BE()),
    0xdd: () => list(take(4).readUInt32BE()),
    0xde: () => map(take(2).readUInt16BE()),
    0xdf: () => map(take(4).readUInt32BE()),
  }
  function value(): unknown {
    const token = take(1).readUInt8()
    if (token < 0x80) return token
    if (token < 0x90) return map(token & 15)
    if (token < 0xa0) return list(token & 15)
    if (token < 0xc0) return take(token & 31).toString()
    if (token >= 0xe0) return token - 256
    return wide[token]?.()
  }
  return value()
}

/** A value as a body: the byte of its encoding before it. */
export const encode = (value: unknown): Buffer => Buffer.concat([Buffer.from([0]), pack(value)])
export const decode = (body: Buffer): unknown => (body.length === 0 ? undefined : unpack(body.subarray(1)))

export function request(
  numbers: { readonly operation: number; readonly caller: number },
  input: unknown,
  options: { readonly timeoutMs?: number; readonly items?: boolean; readonly key?: string } = {},
): Buffer {
  const head = Buffer.alloc(41)
  head.writeUInt16LE(numbers.operation, 0)
  head.writeUInt16LE(numbers.caller, 2)
  head.writeUInt32LE(options.timeoutMs ?? 5000, 4)
  head[8] = 1 | (options.key === undefined ? 0 : 4) | (options.items ? 16 : 0)
  randomBytes(24).copy(head, 9)
  const key = options.key === undefined ? Buffer.alloc(0) : encode(options.key)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(key.length)
  return Buffer.concat([
    head,
    ...(options.key === undefined ? [] : [length, key]),
    ...(input === undefined ? [] : [encode(input)]),
  ])
}

export class TinyWireClient {
  readonly socket: net.Socket
  readonly nonce: string = randomBytes(16).toString('base64url')
  readonly frames: TinyFrame[] = []
  closed = false
  #rest: Buffer = Buffer.alloc(0)
  #wake: () => void = () => {}

  constructor(port: number) {
    this.socket = net.connect(port, '127.0.0.1')
    this.socket.on('data', (chunk) => this.#read(chunk))
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.closed = true
      this.#wake()
    })
  }

  send(bytes: Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(bytes)
  }

  /** The next frame that has come; undefined once the connection has closed, or after 15 s. */
  async next(): Promise<TinyFrame | undefined> {
    const over = Date.now() + 15_000
    while (this.frames.length === 0 && !this.closed && Date.now() < over) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        setTimeout(resolve, 200)
      })
    }
    return this.frames.shift()
  }

  /** Resolves with whether the connection was closed within 15 s. */
  async untilClosed(): Promise<boolean> {
    const over = Date.now() + 15_000
    while (!this.closed && Date.now() < over) {
      this.frames.length = 0
      await this.next()
    }
    return this.closed
  }

  sendHello(): void {
    this.send(
      frame(types.hello, 0, Buffer.from(JSON.stringify({ versions: [1], instance: 'tiny', nonce: this.nonce }))),
    )
  }

  /** Goes through the handshake; resolves with the ids of the operations, in order of their numbers. */
  async open(
    secret: string,
    callers: readonly { readonly name: string; readonly uses: readonly string[] }[],
  ): Promise<readonly string[]> {
    this.sendHello()
    const hello = JSON.parse(String((await this.next())?.body)) as { nonce: string }
    const sign = (text: string): string => createHmac('sha256', secret).update(text).digest('base64url')
    this.send(
      frame(
        types.authenticate,
        0,
        Buffer.from(JSON.stringify({ proof: sign(`holon caller ${hello.nonce} ${this.nonce}`), callers })),
      ),
    )
    const answer = await this.next()
    const welcome = JSON.parse(String(answer?.body)) as {
      proof?: string
      operations: { id: string }[]
      reason?: string
    }
    if (answer?.type !== types.welcome) throw new Error(`refused: ${welcome.reason}`)
    if (welcome.proof !== sign(`holon called ${this.nonce} ${hello.nonce}`))
      throw new Error('the other side does not know the secret')
    return welcome.operations.map(({ id }) => id)
  }

  close(): void {
    this.socket.destroy()
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    while (this.#rest.length >= 9 && this.#rest.length >= 4 + this.#rest.readUInt32LE(0)) {
      const end = 4 + this.#rest.readUInt32LE(0)
      this.frames.push({
        type: this.#rest.readUInt8(4),
        call: this.#rest.readUInt32LE(5),
        body: this.#rest.subarray(9, end),
      })
      this.#rest = this.#rest.subarray(end)
    }
    this.#wake()
  }
}

import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import { freePort } from './free-port.ts'

/** A message that the peer was sent. */
export interface Published {
  readonly exchange: string
  readonly routingKey: string
  /** Counts the messages of its channel from 1. */
  readonly tag: number
  /** Its header and body as they came. */
  readonly content: Buffer
  readonly channel: number
}

export interface ScriptedAmqp extends AsyncDisposable {
  readonly url: string
  /** Names of the queues that were declared, each time anew. */
  readonly declared: readonly string[]
  readonly published: readonly Published[]
  /** Sends bytes to every client. */
  tell(bytes: Buffer): void
  /** From now on it answers nothing at all. */
  fallSilent(): void
}

/** How the peer answers a message: buffers that reach the client one after the other, never in one read. */
export type Script = (message: Published) => readonly Buffer[]

/**
 * A peer that speaks as much of AMQP 0-9-1 as a publisher hears: every request succeeds, and what becomes of a message is
 * the script's to say. A real server cannot be told when to return, refuse or stay silent, nor where to cut its answer.
 */
export async function scriptedAmqp(script: Script): Promise<ScriptedAmqp> {
  const declared: string[] = []
  const published: Published[] = []
  const clients = new Set<Socket>()
  const silence = new AbortController()
  const server = createServer({ noDelay: true }, (socket) => {
    clients.add(socket)
    const onPublished = (message: Published): readonly Buffer[] => {
      published.push(message)
      return script(message)
    }
    serve(socket, { onDeclared: (queue) => declared.push(queue), onPublished, silent: silence.signal })
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    declared,
    published,
    tell: (bytes) => {
      for (const client of clients) client.write(bytes)
    },
    fallSilent: () => silence.abort(),
    [Symbol.asyncDispose]: () => {
      for (const client of clients) client.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

export function ack({ channel, tag }: Published, { multiple = false } = {}): Buffer {
  return method(channel, [60, 80], Buffer.concat([uint64(tag), Buffer.from([multiple ? 1 : 0])]))
}

export function nack({ channel, tag }: Published): Buffer {
  return method(channel, [60, 120], Buffer.concat([uint64(tag), Buffer.from([0])]))
}

/** No queue took it. */
export function returned({ channel, exchange, routingKey, content }: Published): Buffer {
  const reason = [uint16(312), short('NO_ROUTE'), short(exchange), short(routingKey)]
  return Buffer.concat([method(channel, [60, 50], Buffer.concat(reason)), content])
}

/** The server ends the channel because of what was published. */
export function closed({ channel }: Published): Buffer {
  return method(channel, [20, 40], Buffer.concat([uint16(404), short('NOT_FOUND'), uint16(60), uint16(40)]))
}

export function blocked(reason: string): Buffer {
  return method(0, [10, 60], short(reason))
}

export function unblocked(): Buffer {
  return method(0, [10, 61])
}

interface Hearers {
  readonly onDeclared: (queue: string) => void
  readonly onPublished: (message: Published) => readonly Buffer[]
  readonly silent: AbortSignal
}

/** What a publisher of a message has said so far: the method, then the header, then bodies up to the size it names. */
interface Incoming {
  readonly exchange: string
  readonly routingKey: string
  readonly frames: Buffer[]
  missing: number
}

function serve(socket: Socket, hearers: Hearers): void {
  const tags = new Map<number, number>()
  const incoming = new Map<number, Incoming>()
  let answering = Promise.resolve()
  let rest: Buffer = Buffer.alloc(0)
  const answer = (buffers: readonly Buffer[]): void => {
    answering = answering.then(async () => {
      for (const [at, bytes] of buffers.entries()) {
        if (at > 0) await sleep(20)
        if (!socket.destroyed && !hearers.silent.aborted) socket.write(bytes)
      }
    })
  }
  const onFrame = (frame: Buffer): void => {
    const channel = frame.readUInt16BE(1)
    const kind = frame.readUInt8(0)
    if (kind === 1) {
      const [classId, methodId] = [frame.readUInt16BE(7), frame.readUInt16BE(9)]
      if (classId === 60 && methodId === 40) {
        const [exchange, after] = shortAt(frame, 13)
        incoming.set(channel, { exchange, routingKey: shortAt(frame, after)[0], frames: [], missing: 0 })
        return
      }
      if (classId === 50 && methodId === 10) hearers.onDeclared(shortAt(frame, 13)[0])
      if (classId === 20 && methodId === 10) tags.set(channel, 0)
      answer(replies(frame, { channel, classId, methodId }))
      return
    }
    const message = incoming.get(channel)
    if (message === undefined) return
    message.frames.push(frame)
    message.missing += kind === 2 ? Number(frame.readBigUInt64BE(11)) : -frame.readUInt32BE(3)
    if (message.missing > 0) return
    incoming.delete(channel)
    const tag = (tags.get(channel) ?? 0) + 1
    tags.set(channel, tag)
    const { exchange, routingKey, frames } = message
    answer(hearers.onPublished({ exchange, routingKey, tag, channel, content: Buffer.concat(frames) }))
  }
  socket.on('error', () => undefined)
  socket.once('data', () => answer([connectionStart]))
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    if (rest.subarray(0, 4).toString('latin1') === 'AMQP') rest = rest.subarray(8)
    for (let size = frameSize(rest); size !== undefined; size = frameSize(rest)) {
      onFrame(rest.subarray(0, size))
      rest = rest.subarray(size)
    }
  })
}

/** Yes to whatever was asked: the answer's number is the request's plus one. */
function replies(frame: Buffer, to: { channel: number; classId: number; methodId: number }): readonly Buffer[] {
  const { channel, classId, methodId } = to
  const ok = (args?: Buffer): readonly Buffer[] => [method(channel, [classId, methodId + 1], args)]
  switch (`${classId}.${methodId}`) {
    case '10.11':
      return [method(0, [10, 30], Buffer.concat([uint16(100), uint32(131_072), uint16(0)]))]
    case '10.31':
    case '20.41':
      return []
    case '10.40':
      return ok(short(''))
    case '20.10':
      return ok(uint32(0))
    case '50.10':
      return ok(Buffer.concat([short(shortAt(frame, 13)[0]), uint32(0), uint32(0)]))
    default:
      return ok()
  }
}

const noProperties = uint32(0)
const connectionStart = method(
  0,
  [10, 10],
  Buffer.concat([Buffer.from([0, 9]), noProperties, long('PLAIN'), long('en_US')]),
)

function frameSize(bytes: Buffer): number | undefined {
  const size = bytes.length < 7 ? undefined : bytes.readUInt32BE(3) + 8
  return size === undefined || bytes.length < size ? undefined : size
}

function method(
  channel: number,
  [classId, methodId]: readonly [number, number],
  args: Buffer = Buffer.alloc(0),
): Buffer {
  const payload = Buffer.concat([uint16(classId), uint16(methodId), args])
  return Buffer.concat([Buffer.from([1]), uint16(channel), uint32(payload.length), payload, Buffer.from([0xce])])
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function uint64(value: number): Buffer {
  return Buffer.concat([uint32(Math.floor(value / 2 ** 32)), uint32(value >>> 0)])
}

function short(text: string): Buffer {
  return Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)])
}

function long(text: string): Buffer {
  return Buffer.concat([uint32(Buffer.byteLength(text)), Buffer.from(text)])
}

function shortAt(frame: Buffer, at: number): readonly [string, number] {
  const end = at + 1 + frame.readUInt8(at)
  return [frame.subarray(at + 1, end).toString(), end]
}

import { Buffer } from 'node:buffer'

import { ManualPlatform, settle } from '@holon/contract/manual-platform'
import fc from 'fast-check'
import { expect, inject, it } from 'vitest'

import { Link } from '../link/link.ts'
import { memoryNetwork } from '../network/memory-network.ts'
import type { ByteStream } from '../network/network.ts'
import { FrameReader } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import { frameTypes, ProtocolViolation } from './frames.ts'

const anyFrame = fc.record({ type: fc.nat(13), call: fc.nat(0xffff_ffff), body: fc.uint8Array({ maxLength: 400 }) })

function collect(write: (bytes: Uint8Array) => void): FrameWriter {
  const stream: Partial<ByteStream> = {
    pendingBytes: 0,
    write: (bytes) => {
      write(Uint8Array.from(bytes))
      return true
    },
    writeAll: (pieces) => pieces.forEach((piece) => write(Uint8Array.from(piece))),
  }
  return new FrameWriter(stream as ByteStream)
}

it('any cutting of the bytes gives the same frames', () => {
  fc.assert(
    fc.property(
      fc.array(anyFrame, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
      (frames, cuts) => {
        const written: Uint8Array[] = []
        const writer = collect((bytes) => written.push(bytes))
        for (const { type, call, body } of frames) writer.frame(type, call, body)
        writer.flush()
        const seen: unknown[] = []
        const reader = new FrameReader((type, call, buffer, start, end) =>
          seen.push({ type, call, body: Uint8Array.from(buffer.subarray(start, end)) }),
        )
        const bytes = Buffer.concat(written)
        for (let at = 0, cut = 0; at < bytes.length; cut++) {
          const size = cuts[cut % cuts.length] as number
          reader.push(bytes.subarray(at, at + size))
          at += size
        }
        expect(seen).toEqual(frames)
        expect(reader.partial).toBe(false)
      },
    ),
  )
})

it('a length out of bounds is seen before anything of the frame is kept', () => {
  for (const length of [0, 4, 256 * 1024 + 1, 0xffff_ffff]) {
    const reader = new FrameReader(() => expect.fail('no frame'))
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(length)
    expect(() => reader.push(bytes)).toThrow(ProtocolViolation)
  }
})

it('the part of a message may be kept although what was read is written over', () => {
  const written: Uint8Array[] = []
  const writer = collect((bytes) => written.push(bytes))
  writer.frame(frameTypes.part, 1, Buffer.from('kept'))
  writer.flush()
  const bytes = Buffer.concat(written)
  const parts: Buffer[] = []
  new FrameReader((_type, _call, buffer, start, end) => parts.push(buffer.subarray(start, end))).push(bytes)
  bytes.fill(0)
  expect(String(parts[0])).toBe('kept')
})

it('a frame that was abandoned leaves nothing behind', () => {
  const written: Uint8Array[] = []
  const writer = collect((bytes) => written.push(bytes))
  writer.frame(frameTypes.ping, 0)
  writer.begin(frameTypes.item, 5)
  writer.append(Buffer.from('half'))
  writer.abandon()
  writer.frame(frameTypes.pong, 0)
  writer.flush()
  const types: number[] = []
  new FrameReader((type) => types.push(type)).push(Buffer.concat(written))
  expect(types).toEqual([frameTypes.ping, frameTypes.pong])
})

it('large and small messages of many calls arrive whole, those of one call in order', async () => {
  const anyMessage = fc.record({
    call: fc.nat(3),
    bytes: fc.oneof(fc.nat(2_000), fc.integer({ min: 60_000, max: 300_000 })),
    mark: fc.nat(255),
  })
  const property = fc.asyncProperty(fc.array(anyMessage, { minLength: 1, maxLength: 12 }), async (messages) => {
    const platform = new ManualPlatform({ lateMs: inject('lateMs') })
    const network = memoryNetwork()
    const seen = new Map<number, string[]>()
    let far: Link | undefined
    const listener = await network.listen({ host: 'm', port: 0 }, (stream) => {
      far = new Link(stream, platform, {
        onFrame: (_type, call, buffer, start, end) =>
          seen.set(call, [...(seen.get(call) ?? []), `${end - start} of ${buffer[end - 1]}`]),
        onClosed: (error) => expect(error).toBeUndefined(),
      })
      far.opened()
    })
    const near = new Link(await network.connect(listener.address, 1000), platform, {
      onFrame: () => {},
      onClosed: () => {},
    })
    near.opened()
    const sent = new Map<number, string[]>()
    for (const { call, bytes, mark } of messages) {
      near.writer.frame(frameTypes.item, call, Buffer.alloc(bytes + 1, mark))
      sent.set(call, [...(sent.get(call) ?? []), `${bytes + 1} of ${mark}`])
    }
    await settle()
    // Closing sends what still waits in its window.
    await near.close()
    expect(seen).toEqual(sent)
    await far?.close()
  })
  await fc.assert(property, { numRuns: 60 })
})

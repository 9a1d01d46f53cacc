import { Buffer } from 'node:buffer'

import { expect, it } from 'vitest'

import { maxMessageBytes, partBytes, ProtocolViolation } from './frames.ts'
import { MessageAssembly } from './message-assembly.ts'

// The same memory serves as every part: what is counted is what came.
const part = Buffer.alloc(partBytes)
const last = Buffer.alloc(1)

function piece(text: string): Buffer {
  return Buffer.concat([Buffer.of(0), Buffer.from(text)])
}

function times(count: number, add: () => void): void {
  for (let each = 0; each < count; each++) add()
}

it('a message is refused as soon as its parts are larger than a message may be', () => {
  const assembly = new MessageAssembly()
  times(maxMessageBytes / partBytes, () => assembly.addPart(1, part))
  expect(() => assembly.addPart(1, part)).toThrow(ProtocolViolation)
})

it('a message is refused whose last frame makes it too large', () => {
  const assembly = new MessageAssembly()
  times(maxMessageBytes / partBytes, () => assembly.addPart(1, part))
  expect(() => assembly.complete(1, last, 0, 1)).toThrow(ProtocolViolation)
})

it('long strings count as their sender counts them, whatever their characters take on the way', () => {
  for (const character of ['a', '漢']) {
    const assembly = new MessageAssembly()
    const text = piece(character.repeat(1 << 16))
    times(maxMessageBytes / (1 << 16), () => assembly.addText(1, text))
    expect(() => assembly.addText(1, piece('a'))).toThrow(ProtocolViolation)
  }
})

it('two of the largest messages may be under way, and no third', () => {
  const assembly = new MessageAssembly()
  for (const call of [1, 2]) times(maxMessageBytes / partBytes, () => assembly.addPart(call, part))
  expect(() => assembly.addPart(3, part)).toThrow(/unfinished messages/)
})

it('what is complete makes room', () => {
  const assembly = new MessageAssembly()
  const parts = maxMessageBytes / partBytes - 1
  for (let call = 0; call < 3; call++) {
    times(parts, () => assembly.addPart(call, part))
    expect(assembly.complete(call, last, 0, 1)?.body.length).toBe(parts * partBytes + 1)
  }
})

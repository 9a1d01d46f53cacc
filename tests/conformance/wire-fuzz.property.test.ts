import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { encode, frame, request, TinyWireClient, types } from '../support/tiny-wire-client.ts'
import { echo, startWireServer, type WireServer } from '../support/wire-server.ts'

const numRuns = Number(process.env['FC_RUNS'] ?? 150)
const seed = process.env['FC_SEED']
const options = {
  numRuns,
  plugins: [fc.interruptAfterTimeLimit(12_000)],
  ...(seed !== undefined && { seed: Number(seed) }),
}
const callers = [{ name: 'tiny', uses: ['echo'] }]

let server: WireServer
beforeAll(async () => {
  server = await startWireServer()
})
afterAll(() => server.close())

/** A caller on another link is answered, soon, whatever happens. */
async function canaryLives(): Promise<void> {
  const answer = await server.canary.call(echo.operations.say, { text: 'still here' }, { timeoutMs: 10_000 })
  expect(answer).toEqual({ text: 'still here', caller: 'canary' })
}

/** Sends bytes, and tells whether the server cut the connection, and why. */
async function attack(
  bytes: readonly Uint8Array[],
  authenticated: boolean,
): Promise<{ readonly closed: boolean; readonly reason: string }> {
  const client = new TinyWireClient(server.port)
  if (authenticated) await client.open(server.secret, callers)
  const seen = server.observations.length
  for (const piece of bytes) client.send(piece)
  // Whoever still listens answers a ping; bytes that were cut off inside a frame make it part of the frame.
  client.send(frame(types.ping, 0))
  for (;;) {
    const next = await client.next()
    if (next === undefined || next.type === types.pong) break
  }
  const { closed } = client
  client.close()
  if (closed) await untilTold(seen)
  if (told(seen).length > 1) throw new Error(`it was told more than once: ${told(seen).join('; ')}`)
  return { closed, reason: told(seen)[0] ?? '' }
}

async function untilTold(since: number): Promise<void> {
  for (let turn = 0; told(since).length === 0 && turn < 1000; turn++)
    await new Promise((resolve) => setTimeout(resolve, 10))
}

function told(since: number): readonly string[] {
  return server.observations
    .slice(since)
    .flatMap((seen) =>
      seen.kind === 'link' && (seen.state === 'violated' || seen.state === 'refused') ? [seen.reason ?? ''] : [],
    )
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const say = (body: Uint8Array): Buffer =>
  frame(types.request, 1, Buffer.concat([request({ operation: 0, caller: 0 }, undefined), body]))
const nested = (depth: number, token: readonly number[]): Buffer =>
  Buffer.from([0, ...Array.from({ length: depth }, () => token).flat(), 0xc0])

describe('an authenticated peer that breaks the protocol is cut off with the reason', () => {
  it.each<[string, readonly Uint8Array[], RegExp]>([
    ['a length of zero', [u32(0)], /a frame says it has 0 bytes/],
    ['a length beyond the limit', [u32(0xffff_ffff)], /the limit is/],
    ['an unknown type', [frame(200, 1)], /type 200 is not expected/],
    ['a handshake frame again', [frame(types.hello, 0, Buffer.from('{}'))], /type 0 is not expected/],
    ['an answer to nothing', [frame(types.response, 1)], /type 5 is not expected/],
    ['a request shorter than its head', [frame(types.request, 1, Buffer.alloc(10))], /shorter than its head/],
    [
      'an operation that is not there',
      [frame(types.request, 1, request({ operation: 999, caller: 0 }, {}))],
      /names operation 999/,
    ],
    [
      'a number in use',
      [1, 2].map(() => frame(types.request, 5, request({ operation: 1, caller: 0 }, undefined))),
      /number 5 of a call that is running/,
    ],
    ['an array of four billion', [say(Buffer.from([0, 0xdd, 0xff, 0xff, 0xff, 0xff]))], /announces 4294967295 members/],
    ['a map of four billion', [say(Buffer.from([0, 0xdf, 0xff, 0xff, 0xff, 0xff]))], /announces 4294967295 members/],
    ['text of four billion', [say(Buffer.from([0, 0xdb, 0xff, 0xff, 0xff, 0xff]))], /ends too early/],
    ['arrays in arrays', [say(nested(50_000, [0x91]))], /nested too deeply/],
    ['maps in maps', [say(nested(50_000, [0x81, 0xa1, 0x61]))], /nested too deeply/],
    ['an extension', [say(Buffer.from([0, 0xc7, 5, 0x78, 0x92, 0xa1, 0x61, 0xa1, 0x67]))], /does not travel/],
    ['a record definition', [say(Buffer.from([0, 0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x05]))], /does not travel/],
    ['bytes after the value', [say(Buffer.from([0, 1, 2]))], /followed by further bytes/],
    ['an encoding it does not speak', [say(Buffer.from([9, 1]))], /encoding 9/],
    ['JSON text, which protocol 1 does not have', [say(Buffer.from([2, 0x7b, 0x7d]))], /encoding 2/],
    [
      'an item for a call that takes none',
      [frame(types.request, 1, request({ operation: 1, caller: 0 }, undefined)), frame(types.item, 1, encode(1))],
      /takes none/,
    ],
    [
      'a credit that is no number',
      [
        frame(types.request, 1, request({ operation: 1, caller: 0 }, undefined)),
        frame(types.credit, 1, Buffer.alloc(3)),
      ],
      /3 bytes instead of 4/,
    ],
    [
      'a cancel without meaning',
      [
        frame(types.request, 1, request({ operation: 1, caller: 0 }, undefined)),
        frame(types.cancel, 1, Buffer.from([99])),
      ],
      /unknown reason/,
    ],
    ['a part of another size', [frame(types.part, 1, Buffer.alloc(10))], /10 bytes instead of/],
  ])('%s', async (_name, bytes, reason) => {
    const result = await attack(bytes, true)
    expect(result.reason).toMatch(reason)
    expect(result.closed).toBe(true)
    await canaryLives()
  })

  it('items beyond its credit', async () => {
    const hang = frame(types.request, 1, request({ operation: 1, caller: 0 }, undefined, { items: true }))
    const items = Array.from({ length: 65 }, () => frame(types.item, 1, encode(1)))
    expect((await attack([hang, ...items], true)).reason).toMatch(/more items than it was given credit for/)
    await canaryLives()
  })
})

describe('what may come late is ignored', () => {
  it.each<[string, number, Uint8Array]>([
    ['cancel', types.cancel, Buffer.alloc(0)],
    ['item', types.item, encode(1)],
    ['end', types.end, Buffer.alloc(0)],
    ['credit', types.credit, u32(5)],
  ])('%s for a call that is over', async (_name, type, body) => {
    expect(await attack([frame(type, 77, body)], true)).toMatchObject({ closed: false })
  })
})

describe('a stranger', () => {
  it.each<[string, readonly Uint8Array[]]>([
    ['HTTP', [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')]],
    ['TLS', [Buffer.from('16030100c8010000c40303', 'hex')]],
    ['an empty hello', [frame(types.hello, 0)]],
    ['a hello that is no object', [frame(types.hello, 0, Buffer.from('[1'))]],
    [
      'a hello with a weak nonce',
      [frame(types.hello, 0, Buffer.from('{"versions":[1],"instance":"x","nonce":"a b"}'))],
    ],
    ['a request before the handshake', [say(Buffer.alloc(0))]],
    ['parts before the handshake', [frame(types.part, 1, Buffer.alloc(65_536))]],
    ['authenticate before hello', [frame(types.authenticate, 0, Buffer.from('{}'))]],
    [
      'a version of the future',
      [frame(types.hello, 0, Buffer.from(`{"versions":[9],"instance":"x","nonce":"${'n'.repeat(20)}"}`))],
    ],
  ])('%s is cut off with the reason', async (_name, bytes) => {
    const result = await attack(bytes, false)
    expect(result.closed).toBe(true)
    expect(result.reason).not.toBe('')
    await canaryLives()
  })

  it(
    'who never finishes the handshake is cut off, many of them are kept out, and nobody is disturbed',
    { timeout: 20_000 },
    async () => {
      const strangers = Array.from({ length: 300 }, () => new TinyWireClient(server.port))
      await expect.poll(() => strangers.filter(({ closed }) => closed).length).toBeGreaterThanOrEqual(44)
      await canaryLives()
      await expect.poll(() => strangers.filter(({ closed }) => closed).length, { timeout: 20_000 }).toBe(300)
      await canaryLives()
    },
  )

  it('a proof that was heard before is worth nothing', async () => {
    const first = new TinyWireClient(server.port)
    await first.open(server.secret, callers)
    // The nonce of the called side is new each time, so an old proof signs something else.
    expect(
      (
        await attack(
          [
            frame(types.hello, 0, Buffer.from(`{"versions":[1],"instance":"x","nonce":"${first.nonce}"}`)),
            frame(types.authenticate, 0, Buffer.from('{"proof":"replayed","callers":[]}')),
          ],
          false,
        )
      ).reason,
    ).toMatch(/secret/)
    first.close()
  })
})

describe('whatever bytes come', () => {
  it('before the handshake', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 4 }),
        async (bytes) => void (await attack([...bytes, Buffer.alloc(9, 255)], false)),
      ),
      options,
    )
    await canaryLives()
  })

  it('after it: valid frames changed, cut, doubled and in any order', { timeout: 60_000 }, async () => {
    const valid = fc.constantFrom(
      frame(types.request, 1, request({ operation: 0, caller: 0 }, { text: 'hello' }, { key: 'k' })),
      frame(types.request, 2, request({ operation: 2, caller: 0 }, { to: 100 })),
      frame(types.request, 3, request({ operation: 3, caller: 0 }, undefined, { items: true })),
      frame(types.item, 3, encode(5)),
      frame(types.end, 3),
      frame(types.credit, 2, u32(10)),
      frame(types.cancel, 2, Buffer.from([1])),
      frame(types.window, 0, u32(1000)),
    )
    const change = fc.record({
      at: fc.nat(60),
      to: fc.nat(255),
      how: fc.constantFrom('none', 'none', 'set', 'cut', 'insert'),
    })
    const changed = fc.tuple(valid, change).map(([bytes, { at, to, how }]) => {
      if (how === 'none') return bytes
      const place = at % bytes.length
      if (how === 'cut') return bytes.subarray(0, place)
      const rest = bytes.subarray(how === 'set' ? place + 1 : place)
      return Buffer.concat([bytes.subarray(0, place), Buffer.from([to]), rest])
    })
    await fc.assert(
      fc.asyncProperty(fc.array(changed, { minLength: 1, maxLength: 8 }), async (frames) => {
        const client = new TinyWireClient(server.port)
        await client.open(server.secret, callers)
        for (const bytes of frames) client.send(bytes)
        client.socket.end()
        expect(await client.untilClosed()).toBe(true)
      }),
      options,
    )
    await canaryLives()
    expect(server.observations.filter(({ kind }) => kind === 'fault')).toEqual([])
  })
})

it('a peer that asks and never reads is held back: what waits for it stays bounded', { timeout: 20_000 }, async () => {
  const client = new TinyWireClient(server.port)
  await client.open(server.secret, callers)
  client.socket.pause()
  const before = process.memoryUsage()
  let sent = 0
  for (let call = 1; call <= 4000 && client.socket.writableLength < 1_000_000; call++) {
    client.send(
      frame(types.request, call, request({ operation: 4, caller: 0 }, { bytes: 50_000 }, { timeoutMs: 60_000 })),
    )
    sent++
    if (call % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await canaryLives()
  const after = process.memoryUsage()
  const grownMb = (after.rss - before.rss) / 1e6
  // 4000 answers of 50 kB are 200 MB; the server stops reading requests after about 1 MB of answers.
  expect({ sent, grownMb: Math.round(grownMb) }).toSatisfy(({ grownMb: mb }: { grownMb: number }) => mb < 120)
  client.close()
  await canaryLives()
})

import { afterAll, beforeAll, expect, it } from 'vitest'

import { decode, encode, frame, request, TinyWireClient, types } from '../support/tiny-wire-client.ts'
import { startWireServer, type WireServer } from '../support/wire-server.ts'

let server: WireServer
beforeAll(async () => {
  server = await startWireServer()
})
afterAll(() => server.close())

const callers = [
  { name: 'tiny', uses: ['echo'] },
  { name: 'other', uses: [] },
]

async function connect(): Promise<{ client: TinyWireClient; number: (id: string) => number }> {
  const client = new TinyWireClient(server.port)
  const operations = await client.open(server.secret, callers)
  return { client, number: (id) => operations.indexOf(id) }
}

it('calls an operation', async () => {
  const { client, number } = await connect()
  client.send(
    frame(
      types.request,
      7,
      request({ operation: number('echo.say'), caller: 0 }, { text: 'grüß dich' }, { key: 'k-1' }),
    ),
  )
  const answer = await client.next()
  expect(answer).toMatchObject({ type: types.response, call: 7 })
  expect(decode(answer?.body as Buffer)).toEqual({ text: 'grüß dich', caller: 'tiny' })
  client.close()
})

it('gets errors with their failure and issues', async () => {
  const { client, number } = await connect()
  const operation = number('echo.say')
  client.send(
    Buffer.concat([
      frame(types.request, 1, request({ operation, caller: 0 }, { text: 'damn' })),
      frame(types.request, 2, request({ operation, caller: 0 }, { text: 5 })),
      frame(types.request, 3, request({ operation, caller: 1 }, { text: '' })),
    ]),
  )
  const answers = new Map(
    [await client.next(), await client.next(), await client.next()].map((answer) => [
      answer?.call,
      decode(answer?.body as Buffer),
    ]),
  )
  expect(answers.get(1)).toEqual({
    code: 'failed_precondition',
    message: 'Be polite.',
    mayHaveRun: true,
    failure: { name: 'rude', data: { word: 'damn' }, origin: 'echo.say' },
  })
  expect(answers.get(2)).toMatchObject({ code: 'invalid_argument', mayHaveRun: false, issues: [{ path: ['text'] }] })
  expect(answers.get(3)).toMatchObject({ code: 'permission_denied', mayHaveRun: false })
  client.close()
})

it('reads a stream with credit: 64 items and no more before it gives some back', async () => {
  const { client, number } = await connect()
  client.send(frame(types.request, 1, request({ operation: number('echo.count'), caller: 0 }, { to: 70 })))
  const items: unknown[] = []
  while (items.length < 64) items.push(decode((await client.next())?.body as Buffer))
  client.send(frame(types.ping, 0))
  expect(await client.next()).toMatchObject({ type: types.pong })
  client.send(frame(types.credit, 1, Buffer.from([6, 0, 0, 0])))
  while (items.length < 70) items.push(decode((await client.next())?.body as Buffer))
  expect(items).toEqual(Array.from({ length: 70 }, (_, n) => n + 1))
  expect(await client.next()).toMatchObject({ type: types.end, call: 1, body: Buffer.alloc(0) })
  client.close()
})

it('sends a stream', async () => {
  const { client, number } = await connect()
  client.send(
    frame(types.request, 1, request({ operation: number('echo.sum'), caller: 0 }, undefined, { items: true })),
  )
  for (const item of [1, 2, 3]) client.send(frame(types.item, 1, encode(item)))
  client.send(frame(types.end, 1))
  expect(decode((await client.next())?.body as Buffer)).toBe(6)
  client.close()
})

it('tells a handler that its items failed', async () => {
  const { client, number } = await connect()
  client.send(
    frame(types.request, 1, request({ operation: number('echo.sum'), caller: 0 }, undefined, { items: true })),
  )
  client.send(frame(types.item, 1, encode(1)))
  client.send(frame(types.end, 1, Buffer.from([1])))
  expect(decode((await client.next())?.body as Buffer)).toMatchObject({
    code: 'cancelled',
    failure: { name: '~items' },
  })
  client.close()
})

it('cancels, gets the last frame, and uses the number again', async () => {
  const { client, number } = await connect()
  client.send(frame(types.request, 1, request({ operation: number('echo.hang'), caller: 0 }, undefined)))
  client.send(frame(types.cancel, 1, Buffer.from([4])))
  expect(decode((await client.next())?.body as Buffer)).toMatchObject({ code: 'deadline_exceeded' })
  client.send(frame(types.request, 1, request({ operation: number('echo.say'), caller: 0 }, { text: 'again' })))
  expect(decode((await client.next())?.body as Buffer)).toMatchObject({ text: 'again' })
  client.close()
})

it('puts a large answer together', async () => {
  const { client, number } = await connect()
  client.send(frame(types.request, 1, request({ operation: number('echo.large'), caller: 0 }, { bytes: 1_000_000 })))
  const bodies: Buffer[] = []
  for (;;) {
    const next = await client.next()
    if (next === undefined) throw new Error('the answer never came')
    bodies.push(next.body)
    if (next.type !== types.part) break
    const read = Buffer.alloc(4)
    read.writeUInt32LE(next.body.length)
    client.send(frame(types.window, 0, read))
  }
  expect(bodies.length).toBeGreaterThan(10)
  expect(decode(Buffer.concat(bodies))).toEqual({ text: 'x'.repeat(1_000_000) })
  client.close()
})

it('is refused without the secret', async () => {
  const client = new TinyWireClient(server.port)
  await expect(client.open('wrong', callers)).rejects.toThrow(/refused: .*secret/)
  expect(await client.untilClosed()).toBe(true)
  await expect
    .poll(() => server.observations)
    .toContainEqual(
      expect.objectContaining({ kind: 'link', state: 'refused', reason: expect.stringMatching(/secret/) as unknown }),
    )
})

it('may have ten thousand calls in flight; one more is refused, and the others go on', async () => {
  const { client, number } = await connect()
  const hang = request({ operation: number('echo.hang'), caller: 0 }, undefined)
  for (let call = 0; call < 10_000; call += 1_000)
    client.send(Buffer.concat(Array.from({ length: 1_000 }, (_, index) => frame(types.request, call + index, hang))))
  client.send(frame(types.request, 10_000, request({ operation: number('echo.say'), caller: 0 }, { text: 'more' })))
  const refused = await client.next()
  expect(refused).toMatchObject({ type: types.error, call: 10_000 })
  expect(decode(refused?.body as Buffer)).toMatchObject({ code: 'resource_exhausted', mayHaveRun: false })
  client.send(frame(types.cancel, 17))
  expect(await client.next()).toMatchObject({ type: types.error, call: 17 })
  client.send(frame(types.request, 10_000, request({ operation: number('echo.say'), caller: 0 }, { text: 'now' })))
  expect(await client.next()).toMatchObject({ type: types.response, call: 10_000 })
  client.close()
})

import { existsSync, readFileSync, writeFileSync } from 'node:fs'

import { defineApp, defineService, type ServiceDefinition } from '@holon/app'
import { type Contract, defineContract, failure, type Operation, query, stream } from '@holon/contract'
import { type Invoker, JsonText, type Network } from '@holon/rpc'
import { type Instance, startInstance } from '@holon/runtime'
import { expect, it } from 'vitest'
import { z } from 'zod'

import { frozenPlatform, recordingNetwork, type Recording, replayingNetwork } from '../support/recorded-wire.ts'

/*
 * Services deploy one at a time, so two versions of a contract, and of the protocol, talk to each other. The sessions in
 * tests/fixtures/wire were recorded when they were first written and are kept: today's code must speak and understand them
 * byte for byte, all but the hello frame, which names the versions spoken. A new version of the protocol adds recordings and
 * keeps these. (RECORD_WIRE=1 writes those that are missing.)
 */

const Product = z.object({ id: z.string(), name: z.string(), cents: z.int() })
const operations = {
  get: query({
    input: z.object({ id: z.string() }),
    output: Product,
    errors: { gone: failure('not_found', z.object({ id: z.string() })) },
  }),
  list: stream({ input: z.object({ count: z.int() }), serverStream: Product }),
}
const older = defineContract('catalog', { operations })
const newer = defineContract('catalog', {
  operations: {
    ...operations,
    get: query({
      input: z.object({ id: z.string(), currency: z.string().default('EUR') }),
      output: Product.extend({ currency: z.string().default('EUR'), tags: z.array(z.string()).optional() }),
      errors: { gone: failure('not_found', z.object({ id: z.string() })) },
    }),
    count: query({ output: z.int() }),
  },
})

const product = (id: string): z.input<typeof Product> => ({ id, name: `Größe ${id} 漢字`, cents: -12_345 })
const olderService = defineService(older, {
  operations: {
    get: ({ id }) => product(id),
    list: function* ({ count }) {
      for (let n = 0; n < count; n++) yield product(`p${n}`)
    },
  },
})
const newerService = defineService(newer, {
  operations: {
    get: ({ id, currency }) => ({ ...product(id), currency, tags: ['new'] }),
    list: function* ({ count }) {
      for (let n = 0; n < count; n++) yield product(`p${n}`)
    },
    count: () => 2,
  },
})

/** From version 3 on requests say how deep they are: a service at the client's end calls on behalf of a call. */
const shelf = defineContract('shelf', { operations: { first: query({ output: z.string() }) } })
const shelfOver = (catalog: typeof older | typeof newer): ServiceDefinition =>
  defineService(shelf, {
    uses: { catalog },
    operations: { first: async (_input, ctx) => (await ctx.catalog.get({ id: 'p1' })).name },
  })

interface Client {
  readonly contract: typeof older | typeof newer
  readonly protocol: number
}

/** A server, or a client at whose end a service runs as soon as the protocol has something to say of its calls. */
function start(end: { readonly service: ServiceDefinition } | Client, network: Network): Promise<Instance> {
  const isServer = 'service' in end
  const caller = isServer ? undefined : shelfOver(end.contract)
  const loaders = {
    catalog: () => Promise.resolve({ default: isServer ? end.service : newerService }),
    ...(caller && { shelf: () => Promise.resolve({ default: caller }) }),
  }
  return startInstance({
    app: defineApp({ name: 'wire', services: loaders }),
    services: isServer ? ['catalog'] : end.protocol < 3 ? [] : ['shelf'],
    instance: isServer ? 'server' : 'client',
    platform: frozenPlatform(),
    network,
    observer: { observe: () => {} },
    environment: {},
    provision: () => Promise.reject(new Error('There is no store here.')),
    listen: isServer ? { host: 'recorded', port: 1 } : undefined,
    callers: [{ name: 'test', uses: isServer || end.protocol < 3 ? ['catalog'] : ['catalog', 'shelf'] }],
    linkSecret: 'a secret of this test',
  })
}

function invokerOf(client: Instance): Invoker {
  client.setPeers([
    {
      instance: 'server',
      address: { host: 'recorded', port: 1 },
      services: [{ name: 'catalog', fingerprint: '', uses: [] }],
    },
  ])
  return client.invoker('test')
}

/** The answer to a call whose input is JSON text, or the code of its error. */
function callWithText(invoker: Invoker, operation: Operation, text: string): Promise<unknown> {
  return new Promise((resolve) => {
    const answered = (json: string | Uint8Array = 'null'): void => resolve(JSON.parse(Buffer.from(json).toString()))
    const input = new JsonText(Buffer.from(text))
    invoker.callForJson(operation, input, undefined, { answered, failed: ({ code }) => resolve(code) })
  })
}

/** What a client of a version does, and what it must see whatever version answers. */
async function converse(client: Instance, { contract, protocol }: Client): Promise<unknown[]> {
  const { operations: offered }: Contract = contract
  const invoker = invokerOf(client)
  const seen: unknown[] = []
  const call = async (operation: Operation | undefined, input: unknown): Promise<void> => {
    if (operation === undefined) return
    await invoker.call(operation, input).then(
      (value) => seen.push(value),
      (error: { code?: string }) => seen.push(error.code),
    )
  }
  await call(offered['get'], { id: 'p1' })
  await call(offered['get'], { id: 7 })
  const { list } = offered
  if (list) for await (const item of invoker.stream(list, { count: 2 })) seen.push(item)
  await call(offered['count'], undefined)
  const { get } = offered
  if (protocol < 2 || get === undefined) return seen
  for (const text of ['{"id": "p1"}', '{"id": "p1", "id": "p2"}', '{"id": 7}', '{'])
    seen.push(await callWithText(invoker, get, text))
  if (protocol >= 3) await call(shelf.operations.first, undefined)
  return seen
}

const both = [product('p0'), product('p1')]
const refused = ['invalid_argument', 'invalid_argument', 'invalid_argument']
const sessions = [
  {
    name: 'older-client-newer-server',
    client: older,
    server: newerService,
    sees: { 1: [product('p1'), 'invalid_argument', ...both], 2: [product('p1'), ...refused] },
  },
  {
    name: 'newer-client-older-server',
    client: newer,
    server: olderService,
    sees: {
      1: [{ ...product('p1'), currency: 'EUR' }, 'invalid_argument', ...both, 'unimplemented'],
      2: [{ ...product('p1'), currency: 'EUR' }, ...refused],
    },
  },
  {
    name: 'same-version',
    client: newer,
    server: newerService,
    sees: {
      1: [{ ...product('p1'), currency: 'EUR', tags: ['new'] }, 'invalid_argument', ...both, 2],
      2: [{ ...product('p1'), currency: 'EUR', tags: ['new'] }, ...refused],
    },
  },
]
const today = 3
const recorded = [1, 2, 3].flatMap((protocol) =>
  sessions.map(({ name, client, server, sees }) => ({
    name: `protocol ${protocol}, ${name}`,
    file: `protocol-${protocol}-${name}`,
    client: { contract: client, protocol },
    server: { service: server },
    sees: [...sees[1], ...(protocol >= 2 ? sees[2] : []), ...(protocol >= 3 ? [product('p1').name] : [])],
  })),
)

const fileOf = (name: string): URL => new URL(`../fixtures/wire/${name}.json`, import.meta.url)
const recordingOf = (name: string): Recording => JSON.parse(readFileSync(fileOf(name), 'utf8')) as Recording

it.each(recorded.filter(({ client }) => client.protocol === today))(
  '$name: both ends of today understand each other',
  async ({ name, file, client, server, sees }) => {
    const { network, turns } = recordingNetwork()
    const [serving, calling] = [await start(server, network), await start(client, network)]
    expect(await converse(calling, client)).toEqual(sees)
    const recording: Recording = { description: name, turns: structuredClone(turns) }
    await calling.stop(1000)
    await serving.stop(1000)
    if (process.env['RECORD_WIRE'] === '1' && !existsSync(fileOf(file)))
      writeFileSync(fileOf(file), `${JSON.stringify(recording, null, 2)}\n`)
    expect(recording).toEqual(recordingOf(file))
  },
)

it.each(recorded)(
  '$name: the recorded server is understood by the client of today, which writes what was recorded',
  async ({ file, client, sees }) => {
    const recording = recordingOf(file)
    const { network, written } = replayingNetwork(recording, 'client')
    const calling = await start(client, network)
    expect(await converse(calling, client)).toEqual(sees)
    expect(afterHello(written())).toBe(afterHello(bytesFrom(recording, 'client')))
    await calling.stop(100)
  },
)

it.each(recorded)(
  '$name: the recorded client is answered by the server of today as it was',
  async ({ file, server }) => {
    const recording = recordingOf(file)
    const { network, written, connect } = replayingNetwork(recording, 'server')
    const serving = await start(server, network)
    connect()
    const expected = afterHello(bytesFrom(recording, 'server'))
    await expect.poll(() => afterHello(written()).length).toBe(expected.length)
    expect(afterHello(written())).toBe(expected)
    await serving.stop(100)
  },
)

it('input that is JSON text goes to a peer of protocol 1 as a value, just like one that was never text', async () => {
  const recording = recordingOf('protocol-1-older-client-newer-server')
  const { network, written } = replayingNetwork(recording, 'client')
  const calling = await start({ contract: older, protocol: 1 }, network)
  const invoker = invokerOf(calling)
  const { get } = older.operations
  expect(await callWithText(invoker, get, '{"id": "p1"}')).toEqual(product('p1'))
  expect(await callWithText(invoker, get, '{"id": 7}')).toBe('invalid_argument')
  const sent = afterHello(written())
  expect(afterHello(bytesFrom(recording, 'client')).startsWith(sent)).toBe(true)
  // What cannot be read is refused on this side.
  expect(await callWithText(invoker, get, '{"id"')).toBe('invalid_argument')
  expect(afterHello(written())).toBe(sent)
  await calling.stop(100)
})

function bytesFrom({ turns }: Recording, side: 'client' | 'server'): string {
  return turns
    .filter(({ from }) => from === side)
    .map(({ hex }) => hex)
    .join('')
}

/** Without the first frame, in which each side names all versions that it speaks. */
function afterHello(hex: string): string {
  return hex === '' ? '' : hex.slice(2 * (4 + Buffer.from(hex.slice(0, 8), 'hex').readUInt32LE()))
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs'

import { type Contract, defineContract, failure, type Operation, query, stream } from '@holon/contract'
import type { Network } from '@holon/rpc'
import { defineApp, defineService, type Instance, type ServiceDefinition, startInstance } from '@holon/runtime'
import { expect, it } from 'vitest'
import { z } from 'zod'

import { frozenPlatform, recordingNetwork, type Recording, replayingNetwork } from '../support/recorded-wire.ts'

/*
 * Services deploy one at a time, so two versions of a contract, and some day of the protocol, talk to each other. The
 * sessions in tests/fixtures/wire were recorded when they were first written and are kept: today's code must speak and
 * understand them byte for byte. A new version of the protocol adds recordings and keeps these. (RECORD_WIRE=1 writes
 * those that are missing.)
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

function start(service: ServiceDefinition | undefined, network: Network): Promise<Instance> {
  const loaders = { catalog: () => Promise.resolve({ default: service ?? newerService }) }
  return startInstance({
    app: defineApp({ name: 'wire', services: loaders }),
    services: service ? ['catalog'] : [],
    instance: service ? 'server' : 'client',
    platform: frozenPlatform(),
    network,
    observer: { observe: () => {} },
    environment: {},
    provision: () => Promise.reject(new Error('There is no store here.')),
    listen: service && { host: 'recorded', port: 1 },
    callers: [{ name: 'test', uses: ['catalog'] }],
    linkSecret: 'a secret of this test',
  })
}

/** What a client of a version does, and what it must see whatever version answers. */
async function converse(client: Instance, contract: Contract): Promise<unknown[]> {
  client.setPeers([
    {
      instance: 'server',
      address: { host: 'recorded', port: 1 },
      services: [{ name: 'catalog', fingerprint: '', uses: [] }],
    },
  ])
  const invoker = client.invoker('test')
  const seen: unknown[] = []
  const call = async (operation: Operation | undefined, input: unknown): Promise<void> => {
    if (operation === undefined) return
    await invoker.call(operation, input).then(
      (value) => seen.push(value),
      (error: { code?: string }) => seen.push(error.code),
    )
  }
  await call(contract.operations['get'], { id: 'p1' })
  await call(contract.operations['get'], { id: 7 })
  const { list } = contract.operations
  if (list) for await (const item of invoker.stream(list, { count: 2 })) seen.push(item)
  await call(contract.operations['count'], undefined)
  return seen
}

const both = [product('p0'), product('p1')]
const sessions = [
  {
    name: 'older-client-newer-server',
    client: older,
    server: newerService,
    sees: [product('p1'), 'invalid_argument', ...both],
  },
  {
    name: 'newer-client-older-server',
    client: newer,
    server: olderService,
    sees: [{ ...product('p1'), currency: 'EUR' }, 'invalid_argument', ...both, 'unimplemented'],
  },
  {
    name: 'same-version',
    client: newer,
    server: newerService,
    sees: [{ ...product('p1'), currency: 'EUR', tags: ['new'] }, 'invalid_argument', ...both, 2],
  },
]

const fileOf = (name: string): URL => new URL(`../fixtures/wire/protocol-1-${name}.json`, import.meta.url)
const recordingOf = (name: string): Recording => JSON.parse(readFileSync(fileOf(name), 'utf8')) as Recording

it.each(sessions)('$name: both ends of today understand each other', async ({ name, client, server, sees }) => {
  const { network, turns } = recordingNetwork()
  const [serving, calling] = [await start(server, network), await start(undefined, network)]
  expect(await converse(calling, client)).toEqual(sees)
  const recording: Recording = { description: `protocol 1, ${name}`, turns: structuredClone(turns) }
  await calling.stop(1000)
  await serving.stop(1000)
  if (process.env['RECORD_WIRE'] === '1' && !existsSync(fileOf(name)))
    writeFileSync(fileOf(name), `${JSON.stringify(recording, null, 2)}\n`)
  expect(recording).toEqual(recordingOf(name))
})

it.each(sessions)(
  '$name: the recorded server is understood by the client of today, which writes what was recorded',
  async ({ name, client, sees }) => {
    const recording = recordingOf(name)
    const { network, written } = replayingNetwork(recording, 'client')
    const calling = await start(undefined, network)
    expect(await converse(calling, client)).toEqual(sees)
    expect(written()).toBe(bytesFrom(recording, 'client'))
    await calling.stop(100)
  },
)

it.each(sessions)(
  '$name: the recorded client is answered by the server of today as it was',
  async ({ name, server }) => {
    const recording = recordingOf(name)
    const { network, written, connect } = replayingNetwork(recording, 'server')
    const serving = await start(server, network)
    connect()
    await expect.poll(() => written().length, { timeout: 5000 }).toBe(bytesFrom(recording, 'server').length)
    expect(written()).toBe(bytesFrom(recording, 'server'))
    await serving.stop(100)
  },
)

function bytesFrom({ turns }: Recording, side: 'client' | 'server'): string {
  return turns
    .filter(({ from }) => from === side)
    .map(({ hex }) => hex)
    .join('')
}

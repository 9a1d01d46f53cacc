import { defineApp, defineService } from '@holon/app'
// Holon with everything on: Zod validation of input and output, deadline, trace, identity, the log observer of
// `holon start`. Called as gateways call (an invoker), and as services call (a typed client in a handler's context).
import { type Client, defineContract, query, stream } from '@holon/contract'
import type { PeerListing } from '@holon/rpc'
import { z } from 'zod'

import { freeAddress, identity, listingOf, startBenchInstance } from '../../harness/holon-instance.ts'
import {
  changesOf,
  documentOf,
  getProduct,
  type Product,
  type RpcClient,
  type RpcPeer,
  type StockChange,
} from '../workload.ts'

const catalog = defineContract('catalog', {
  operations: {
    get: query({
      input: z.object({ id: z.string(), currency: z.string() }),
      output: z.object({
        id: z.string(),
        name: z.string(),
        description: z.string(),
        price: z.object({ currency: z.string(), units: z.int(), nanos: z.int() }),
        categories: z.array(z.string()),
        stock: z.int(),
        updatedAt: z.string(),
      }),
    }),
    document: query({ input: z.object({ bytes: z.int() }), output: z.object({ text: z.string() }) }),
    changes: stream({
      input: z.object({ count: z.int() }),
      serverStream: z.object({ sku: z.string(), stock: z.int() }),
    }),
  },
})

/** What an async handler costs is asked in process only. */
const answersLater = process.env['BENCH_ASYNC_HANDLER'] === '1'

const catalogService = defineService(catalog, {
  operations: {
    get: answersLater ? async (input) => getProduct(input) : (input) => getProduct(input),
    document: ({ bytes }) => ({ text: documentOf(bytes) }),
    changes: ({ count }) => changesOf(count),
  },
})

const storefront = defineContract('storefront', { operations: { browse: query({ timeoutMs: 3_600_000 }) } })

/** A service that hands the typed client of its context to `onClient`, and never answers the call that it got it in. */
function storefrontService(onClient: (client: Client<typeof catalog>) => void) {
  return defineService(storefront, {
    uses: { catalog },
    operations: {
      browse: (_input, ctx) => {
        onClient(ctx.catalog)
        return new Promise<never>(() => {})
      },
    },
  })
}

function defineShop(onClient: (client: Client<typeof catalog>) => void) {
  return defineApp({
    name: 'bench',
    services: {
      catalog: () => Promise.resolve({ default: catalogService }),
      storefront: () => Promise.resolve({ default: storefrontService(onClient) }),
    },
  })
}

async function serve(transport: 'unix' | 'tcp'): Promise<PeerListing> {
  const app = defineShop(() => {})
  return listingOf(await startBenchInstance({ app, services: ['catalog'], listen: freeAddress(transport) }))
}

async function readAll(changes: AsyncIterable<unknown>, onChange: (change: StockChange) => void): Promise<void> {
  for await (const change of changes) onChange(change as StockChange)
}

/** Calls as the gateway does: for an outside caller, each call with an identity of its own. */
export async function connectOutside(
  peers: readonly PeerListing[],
  services: readonly string[] = [],
): Promise<RpcClient> {
  const app = defineShop(() => {})
  const instance = await startBenchInstance({ app, services, callers: [{ name: 'edge', uses: ['catalog'] }] })
  instance.setPeers(peers)
  const invoker = instance.invoker('edge')
  const { get, document, changes } = catalog.operations
  const origin = { identity }
  return {
    get: (input) => invoker.call(get, input, origin) as Promise<Product>,
    document: async (bytes) => ((await invoker.call(document, { bytes }, origin)) as { text: string }).text,
    changes: (count, onChange) => readAll(invoker.stream(changes, { count }, origin), onChange),
  }
}

/** Calls as a service does: the typed client in the context of a handler. */
export async function connectService(
  peers: readonly PeerListing[],
  services: readonly string[] = [],
): Promise<RpcClient> {
  const client = Promise.withResolvers<Client<typeof catalog>>()
  const app = defineShop(client.resolve)
  const instance = await startBenchInstance({
    app,
    services: ['storefront', ...services],
    callers: [{ name: 'edge', uses: ['storefront'] }],
  })
  instance.setPeers(peers)
  const browsing = instance.invoker('edge').call(storefront.operations.browse, undefined, { identity })
  const { get, document, changes } = await Promise.race([client.promise, browsing.then(neverAnswered)])
  const own = await client.promise
  return {
    get: (input) => get.call(own, input),
    document: async (bytes) => (await document.call(own, { bytes })).text,
    changes: (count, onChange) => readAll(changes.call(own, { count }), onChange),
  }
}

function neverAnswered(): never {
  throw new Error('storefront.browse answered, which it must not')
}

export const peers: Readonly<Record<string, RpcPeer>> = {
  'holon-unix': { serve: () => serve('unix'), connect: (peer) => connectService([peer]) },
  'holon-tcp': { serve: () => serve('tcp'), connect: (peer) => connectService([peer]) },
  'holon-unix-edge': { serve: () => serve('unix'), connect: (peer) => connectOutside([peer]) },
  'holon-tcp-edge': { serve: () => serve('tcp'), connect: (peer) => connectOutside([peer]) },
}

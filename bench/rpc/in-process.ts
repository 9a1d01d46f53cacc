// One in-process variant: node rpc/in-process.ts <variant>. For each message { windowMs } it answers { ns } per call.
import { once } from 'node:events'

import { loadPeer } from './peer-module.ts'
import { verify } from './verify.ts'
import { getProduct, queryOf, type RpcClient } from './workload.ts'

type Connect = () => Promise<RpcClient>

async function connectMoleculer(name: 'local' | 'local-checked'): Promise<RpcClient> {
  const peer = await loadPeer('moleculer', name)
  // It has no address in its own process, and looks at none.
  return peer.connect(null as never)
}

async function connectHolon(kind: 'service' | 'outside', handler: 'sync' | 'async'): Promise<RpcClient> {
  process.env['BENCH_ASYNC_HANDLER'] = handler === 'async' ? '1' : ''
  const { connectOutside, connectService } = await import('./peers/holon.ts')
  const connect = kind === 'service' ? connectService : connectOutside
  const { get } = await connect([], ['catalog'])
  return { get }
}

const variants: Readonly<Record<string, Connect>> = {
  plain: () => Promise.resolve({ get: async (query) => getProduct(query) }),
  holon: () => connectHolon('service', 'sync'),
  'holon-async': () => connectHolon('service', 'async'),
  'holon-edge': () => connectHolon('outside', 'sync'),
  moleculer: () => connectMoleculer('local'),
  'moleculer-checked': () => connectMoleculer('local-checked'),
}

/** So many calls, one after the other; ns of one. */
async function run({ get }: RpcClient, calls: number): Promise<number> {
  const started = performance.now()
  for (let n = 0; n < calls; n++) {
    const query = queryOf(n)
    const { id } = await get(query)
    if (id !== query.id) throw new Error(`the answer of another call: ${id} for ${query.id}`)
  }
  return ((performance.now() - started) * 1e6) / calls
}

process.on('disconnect', () => process.exit(0))
try {
  const client = await variants[process.argv[2] ?? '']?.()
  if (client === undefined) throw new TypeError(`There is no in-process variant '${process.argv[2]}'.`)
  await verify(client, false)
  await run(client, 50_000)
  process.send?.({ ready: true })
  for (;;) {
    const [{ windowMs }] = (await once(process, 'message')) as [{ readonly windowMs: number }]
    const roughNs = await run(client, 50_000)
    process.send?.({ ns: await run(client, Math.max(10_000, Math.round((windowMs * 1e6) / roughNs))) })
  }
} catch (error) {
  process.send?.({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
}

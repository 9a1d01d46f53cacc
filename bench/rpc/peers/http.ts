// Fastify with JSON schemas (input checked by Ajv, output written by fast-json-stringify) and undici; HTTP/1.1, kept alive.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'

import type { FastifySchema } from 'fastify'

import {
  changesOf,
  documentOf,
  getProduct,
  type Product,
  type ProductQuery,
  type RpcClient,
  type RpcPeer,
  type StockChange,
} from '../workload.ts'

const text = { type: 'string' }
const integer = { type: 'integer' }

function object(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', required: Object.keys(properties), properties }
}

const product = object({
  id: text,
  name: text,
  description: text,
  price: object({ currency: text, units: integer, nanos: integer }),
  categories: { type: 'array', items: text },
  stock: integer,
  updatedAt: text,
})

function schema(body: object, answer?: object): FastifySchema {
  return { body, ...(answer && { response: { 200: answer } }) }
}

async function serve(): Promise<{ readonly port: number }> {
  const { default: Fastify } = await import('fastify')
  const app = Fastify({ logger: false })
  app.post<{ Body: ProductQuery }>(
    '/catalog.get',
    { schema: schema(object({ id: text, currency: text }), product) },
    async ({ body }) => getProduct(body),
  )
  app.post<{ Body: { bytes: number } }>(
    '/catalog.document',
    { schema: schema(object({ bytes: integer }), object({ text })) },
    async ({ body }) => ({ text: documentOf(body.bytes) }),
  )
  app.post<{ Body: { count: number } }>(
    '/catalog.changes',
    { schema: schema(object({ count: integer })) },
    (request, reply) => reply.type('application/x-ndjson').send(Readable.from(lines(request.body.count))),
  )
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: (app.server.address() as AddressInfo).port }
}

function* lines(count: number): Generator<string> {
  for (const change of changesOf(count)) yield `${JSON.stringify(change)}\n`
}

async function connect({ port }: { readonly port: number }): Promise<RpcClient> {
  const { Pool } = await import('undici')
  const pool = new Pool(`http://127.0.0.1:${port}`)
  const headers = { 'content-type': 'application/json' }
  const post = async (path: string, input: object) => {
    const response = await pool.request({ path, method: 'POST', headers, body: JSON.stringify(input) })
    if (response.statusCode !== 200) throw new Error(`${path} answered ${response.statusCode}`)
    return response.body
  }
  return {
    get: async (query) => (await (await post('/catalog.get', query)).json()) as Product,
    document: async (bytes) => ((await (await post('/catalog.document', { bytes })).json()) as { text: string }).text,
    async changes(count, onChange) {
      const reader = createInterface({ input: await post('/catalog.changes', { count }) })
      reader.on('line', (line) => onChange(JSON.parse(line) as StockChange))
      await once(reader, 'close')
    },
  }
}

export const peers: Readonly<Record<string, RpcPeer>> = { 'fastify-undici': { serve, connect } }

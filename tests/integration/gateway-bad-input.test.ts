import { command, defineContract, query, stream } from '@holon/contract'
import { startGateway } from '@holon/gateway'
import { memoryNetwork } from '@holon/rpc'
import { defineApp, defineService, expose, type GatewayDefinition, startInstance, systemPlatform } from '@holon/runtime'
import fc from 'fast-check'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { probeBadInput } from '../support/bad-input.ts'
import type { OpenApi } from '../support/sample-input.ts'

const Line = z.object({ sku: z.string().min(1), quantity: z.int().min(1).max(99) })

const parcels = defineContract('parcels', {
  operations: {
    send: command({
      http: { route: 'POST /parcels', status: 201 },
      input: z.object({
        to: z
          .object({ street: z.string(), zip: z.string().regex(/^\d{5}$/) })
          .default({ street: 'Main', zip: '12345' }),
        lines: z.array(Line).min(1).max(5),
        weight: z.number().min(0).max(30),
        insured: z.boolean().default(false),
        speed: z.enum(['slow', 'fast']),
        note: z.string().max(200).nullable().optional(),
        email: z.email(),
      }),
      output: z.object({ id: z.int() }),
    }),
    get: query({ http: 'GET /parcels/{id}', auth: 'optional', input: z.object({ id: z.int() }) }),
    list: query({
      http: 'GET /parcels',
      auth: 'none',
      input: z.object({
        limit: z.int().min(1).max(100).default(20),
        speed: z.enum(['slow', 'fast']).optional(),
        after: z.string().optional(),
        tag: z.array(z.string()).optional(),
        insured: z.boolean().optional(),
      }),
    }),
    relabel: command({
      http: 'PATCH /parcels/{id}/label',
      auth: 'none',
      input: z.object({ id: z.int(), label: z.string().max(20) }),
    }),
    line: command({
      http: 'PUT /parcels/{id}/lines/{sku}',
      auth: 'none',
      input: z.object({ id: z.int(), sku: z.string(), quantity: z.int().min(0).max(9) }),
    }),
    remove: command({
      http: 'DELETE /parcels/{id}',
      auth: 'none',
      input: z.object({ id: z.int(), force: z.boolean().optional() }),
    }),
    ping: command({ http: 'POST /ping', auth: 'none' }),
    batch: command({ http: 'POST /batch', auth: 'none', input: z.array(Line).min(1) }),
    watch: stream({
      http: 'GET /parcels/{id}/events',
      auth: 'none',
      input: z.object({ id: z.int() }),
      serverStream: z.string(),
    }),
    keys: query({ auth: 'none', output: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }) }),
  },
})
const exposed = ['send', 'get', 'list', 'relabel', 'line', 'remove', 'ping', 'batch', 'watch'] as const

const issuer = 'https://accounts.test'
let ran = 0
const faults: unknown[] = []
const closers: (() => Promise<void>)[] = []
let baseUrl = ''
let token = ''

beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  token = await new SignJWT({ iss: issuer, aud: 'parcels', sub: 'me' })
    .setProtectedHeader({ alg: 'ES256' })
    .setExpirationTime('10m')
    .sign(privateKey)
  const handler = (): void => {
    ran += 1
  }
  const service = defineService(parcels, {
    operations: {
      send: () => {
        ran += 1
        return { id: 1 }
      },
      get: handler,
      list: handler,
      relabel: handler,
      line: handler,
      remove: handler,
      ping: handler,
      batch: handler,
      watch: async function* () {
        ran += 1
        yield await Promise.resolve('here')
      },
      keys: () => ({ keys: [{ ...jwk }] }),
    },
  })
  const gatewayDefinition: GatewayDefinition = {
    prefix: '/api',
    expose: [expose(parcels, exposed)],
    auth: { issuer, audience: 'parcels', jwks: parcels.operations.keys },
    limits: { bodyBytes: 100_000 },
  }
  const platform = systemPlatform()
  const observer = {
    observe: (seen: { readonly kind: string; readonly error?: unknown }) => {
      if (seen.kind === 'fault') faults.push(seen.error)
    },
  }
  const instance = await startInstance({
    app: defineApp({ name: 'probed', services: { parcels: () => Promise.resolve({ default: service }) } }),
    services: ['parcels'],
    instance: 'parcels-1',
    platform,
    network: memoryNetwork(),
    observer,
    environment: {},
    provision: () => Promise.reject(new Error('There is no store here.')),
    listen: undefined,
    callers: [{ name: 'gateway', uses: ['parcels'] }],
    linkSecret: undefined,
  })
  closers.push(() => instance.stop(1000))
  const gateway = await startGateway({
    app: 'probed',
    definition: gatewayDefinition,
    invoker: instance.invoker('gateway'),
    platform,
    observer,
    port: 0,
    check: () => instance.check(),
  })
  closers.push(() => gateway.close(1000))
  baseUrl = gateway.url
})
afterAll(async () => {
  for (const close of closers.toReversed()) await close()
})

describe('bad input', () => {
  it('of every kind, to every operation, is refused with a problem document, and nothing runs', async () => {
    const document = (await (await fetch(`${baseUrl}/openapi.json`)).json()) as OpenApi
    expect(Object.keys(document.paths)).toHaveLength(7)
    const { probes, complaints } = await probeBadInput({ baseUrl, document, token, maxBodyBytes: 100_000 })
    expect(complaints).toEqual([])
    expect(probes).toBeGreaterThan(300)
    expect(ran).toBe(0)
    expect(faults).toEqual([])
  })

  it('is noticed by the probes where it is let through', async () => {
    const document = (await (await fetch(`${baseUrl}/openapi.json`)).json()) as OpenApi
    const stricter = { name: 'limit', in: 'query', schema: { type: 'integer', maximum: 5 } }
    const paths = { '/api/parcels': { get: { parameters: [stricter] } } }
    const { complaints } = await probeBadInput({ baseUrl, document: { ...document, paths } })
    expect(complaints.some((complaint) => complaint.includes('?limit above its maximum: 204 instead of 400'))).toBe(
      true,
    )
  })

  it('of random bytes and values never causes an error of the server', async () => {
    const post = async (path: string, body: string | Uint8Array<ArrayBuffer>): Promise<number> => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
      const response = await fetch(baseUrl + path, { method: 'POST', headers, body })
      await response.arrayBuffer()
      return response.status
    }
    const paths = fc.constantFrom('/api/parcels', '/api/batch', '/api/ping')
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((array) => new Uint8Array(array))
    const lines = fc.array(
      fc.record({ sku: fc.string(), quantity: fc.oneof(fc.integer(), fc.jsonValue()) }, { requiredKeys: [] }),
    )
    await fc.assert(
      fc.asyncProperty(
        paths,
        fc.oneof(
          bytes,
          fc.json(),
          fc.jsonValue().map((lines) => JSON.stringify({ lines })),
          lines.map((value) => JSON.stringify(value)),
        ),
        async (path, body) => {
          expect(await post(path, body)).toBeLessThan(500)
        },
      ),
      { numRuns: 300 },
    )
    const query = fc.webQueryParameters()
    await fc.assert(
      fc.asyncProperty(query, fc.webSegment(), async (search, segment) => {
        const response = await fetch(`${baseUrl}/api/parcels/${segment}?${search}`)
        await response.arrayBuffer()
        expect(response.status).toBeLessThan(500)
      }),
      { numRuns: 200 },
    )
    expect(faults).toEqual([])
  })
})

import { defineApp, defineService } from '@holon/app'
import { command, defineContract, query, stream } from '@holon/contract'
import { expose } from '@holon/gateway/definition'
import { startTestApp } from '@holon/testing'
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

/** A gateway with the service behind it, and what has happened there. */
interface Probed {
  readonly baseUrl: string
  readonly token: string
  readonly faults: readonly unknown[]
  /** How many handlers were run. */
  ran(): number
  close(): Promise<void>
}

async function startProbed(placement: 'in one process' | 'behind a link'): Promise<Probed> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  const token = await new SignJWT({ iss: issuer, aud: 'parcels', sub: 'me' })
    .setProtectedHeader({ alg: 'ES256' })
    .setExpirationTime('10m')
    .sign(privateKey)
  let ran = 0
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
  const probedApp = defineApp({
    name: 'probed',
    services: { parcels: () => Promise.resolve({ default: service }) },
    gateway: {
      prefix: '/api',
      expose: [expose(parcels, exposed)],
      auth: { issuer, audience: 'parcels', jwks: parcels.operations.keys },
      limits: { bodyBytes: 100_000 },
    },
  })
  const faults: unknown[] = []
  const app = await startTestApp(probedApp, {
    placement: placement === 'behind a link' ? 'split' : { main: '*' },
    observer: {
      observe: (seen) => {
        if (seen.kind === 'fault') faults.push(seen.error)
      },
    },
  })
  return { baseUrl: await app.listen(), token, faults, ran: () => ran, close: () => app.close() }
}

const placements = ['in one process', 'behind a link'] as const
const probed = new Map<string, Probed>()
beforeAll(async () => {
  for (const placement of placements) probed.set(placement, await startProbed(placement))
})
afterAll(async () => {
  for (const { close } of probed.values()) await close()
})

function at(placement: string): Probed {
  const found = probed.get(placement)
  if (found === undefined) throw new Error(`Nothing was started ${placement}.`)
  return found
}

describe('bodies that are wrong', () => {
  const bodies: readonly (readonly [string, string | Uint8Array<ArrayBuffer>])[] = [
    ['no JSON', '{"to": '],
    ['no UTF-8', new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d])],
    ['a name twice', '[{"sku": "a", "sku": "b", "quantity": 1}]'],
    ['a number beyond a double', '[{"sku": "a", "quantity": 1e999}]'],
    ['half a surrogate pair', String.raw`[{"sku": "\ud800", "quantity": 1}]`],
    ['U+0000', String.raw`[{"sku": "\u0000", "quantity": 1}]`],
    ['__proto__', '[{"sku": "a", "quantity": 1, "__proto__": {}}]'],
    ['nesting', '['.repeat(200) + ']'.repeat(200)],
    ['null', 'null'],
    ['white space', ' '],
    ['nothing', ''],
    ['another type', '{"sku": "a"}'],
    ['a wrong value', '[{"sku": "", "quantity": 1000}]'],
  ]

  it.each(bodies)('%s: the same problem document wherever the service runs', async (_name, body) => {
    const answers = await Promise.all(
      placements.map(async (placement) => {
        const { baseUrl } = at(placement)
        const headers = { 'content-type': 'application/json' }
        const response = await fetch(`${baseUrl}/api/batch`, { method: 'POST', headers, body })
        const { traceId, ...problem } = (await response.json()) as { traceId: string }
        expect(traceId).toMatch(/^[0-9a-f]{32}$/)
        return { status: response.status, type: response.headers.get('content-type'), problem }
      }),
    )
    expect(answers[0]).toMatchObject({ status: 400, type: 'application/problem+json' })
    expect(answers[1]).toEqual(answers[0])
  })
})

describe.each(placements)('bad input to a service %s', (placement) => {
  it('of every kind, to every operation, is refused with a problem document, and nothing runs', async () => {
    const { baseUrl, token, ran, faults } = at(placement)
    const document = (await (await fetch(`${baseUrl}/openapi.json`)).json()) as OpenApi
    expect(Object.keys(document.paths)).toHaveLength(7)
    const { probes, complaints } = await probeBadInput({ baseUrl, document, token, maxBodyBytes: 100_000 })
    expect(complaints).toEqual([])
    expect(probes).toBeGreaterThan(300)
    expect(ran()).toBe(0)
    expect(faults).toEqual([])
  })

  it('is noticed by the probes where it is let through', async () => {
    const { baseUrl } = at(placement)
    const document = (await (await fetch(`${baseUrl}/openapi.json`)).json()) as OpenApi
    const stricter = { name: 'limit', in: 'query', schema: { type: 'integer', maximum: 5 } }
    const paths = { '/api/parcels': { get: { parameters: [stricter] } } }
    const { complaints } = await probeBadInput({ baseUrl, document: { ...document, paths } })
    expect(complaints.some((complaint) => complaint.includes('?limit above its maximum: 204 instead of 400'))).toBe(
      true,
    )
  })

  it('of random bytes and values never causes an error of the server', async () => {
    const { baseUrl, token, faults } = at(placement)
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

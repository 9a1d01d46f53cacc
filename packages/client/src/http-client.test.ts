import { type Client, command, defineContract, query, type RouteDefinition, stream } from '@holon/contract'
import { expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

import { createClient } from './create-client.ts'
import type { Fetch } from './fetch.ts'
import { lab } from './fixtures/lab.ts'
import type { HttpClient } from './http-client.ts'
import type { LightContract } from './light-contract.ts'

type Lab = HttpClient<typeof lab>

it('has the methods of a client inside of an app, with options of its own', () => {
  type Inside = Client<typeof lab>
  expectTypeOf<Parameters<Lab['create']>[0]>().toEqualTypeOf<Parameters<Inside['create']>[0]>()
  expectTypeOf<ReturnType<Lab['create']>>().toEqualTypeOf<ReturnType<Inside['create']>>()
  expectTypeOf<ReturnType<Lab['watch']>>().toEqualTypeOf<AsyncIterable<{ number: number; text: string }>>()
  expectTypeOf<Lab['remove']>().returns.resolves.toEqualTypeOf<void>()
  const client = {} as Lab
  const fine = (): unknown => [
    client.find(),
    client.find({ limit: 5 }, { headers: { a: 'b' } }),
    client.ping(undefined, { idempotencyKey: true }),
  ]
  // @ts-expect-error a wrong field does not compile
  const wrong = (): unknown => client.create({ name: 'x' })
  // @ts-expect-error a missing input does not compile
  const missing = (): unknown => client.get()
  // What a service calls through its own client may be called through this one.
  expectTypeOf<Lab>().toExtend<Pick<Inside, keyof Lab>>()
  expect([fine, wrong, missing]).toHaveLength(3)
})

it('has no method for what HTTP does not carry', () => {
  expectTypeOf<Extract<keyof Lab, 'hidden' | 'keys' | 'upload'>>().toEqualTypeOf<never>()
  expectTypeOf<Extract<keyof Lab, 'vault' | 'scan' | 'create'>>().toEqualTypeOf<'vault' | 'scan' | 'create'>()
  const client = {} as Lab
  // @ts-expect-error an operation without a route does not compile, by its name
  const hidden = (): unknown => client.hidden()
  // @ts-expect-error nor does a stream that takes items
  const upload = (): unknown => client.upload(undefined, ['a'])
  expect([hidden, upload]).toHaveLength(2)
})

it('has all methods of a contract whose operations are only known when it runs', () => {
  const route = 'GET /x' as RouteDefinition | undefined
  const contract = defineContract('some', {
    operations: {
      maybe: query({ ...(route !== undefined && { http: route }), output: z.string() }),
      object: command({ http: { route: 'POST /object', status: 202 } }),
      down: stream({ http: 'GET /down', serverStream: z.string() }),
    },
  })
  expectTypeOf<keyof HttpClient<typeof contract>>().toEqualTypeOf<'maybe' | 'object' | 'down'>()
  expect(Object.keys(createClient(contract, { baseUrl: '' }))).toEqual(['maybe', 'object', 'down'])
})

it('is made of a contract, or of a light one with the type of the contract', () => {
  const light: LightContract = lab
  expectTypeOf(createClient(lab)).toEqualTypeOf<Lab>()
  expectTypeOf(createClient<typeof lab>(light)).toEqualTypeOf<Lab>()
  // What an import of JSON is inferred as.
  const json = {
    name: 'lab',
    operations: {
      ping: {
        id: 'lab.ping',
        definition: { kind: 'command' },
        compiled: { route: { method: 'POST', path: '/ping' }, auth: 'none', timeoutMs: 10_000 },
      },
    },
  }
  expectTypeOf(createClient<typeof lab>(json)).toEqualTypeOf<Lab>()
})

it('takes the fetch of every runtime', () => {
  expectTypeOf<typeof globalThis.fetch>().toExtend<Fetch>()
  // React Native: the body may be missing; Expo: a class of its own, and addresses as text only.
  expectTypeOf<
    (
      url: string,
      init?: { method?: string; headers?: Record<string, string>; body?: string | null; signal?: AbortSignal | null },
    ) => Promise<{
      readonly status: number
      readonly headers: Headers
      readonly body: ReadableStream<Uint8Array> | null
      text(): Promise<string>
    }>
  >().toExtend<Fetch>()
})

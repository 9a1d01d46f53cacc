import { createServer } from 'node:http'

import { defineApp, defineService } from '@holon/app'
import { command, defineContract, query, stream } from '@holon/contract'
import { expose } from '@holon/gateway/definition'
import { expect, it, vi } from 'vitest'
import { z } from 'zod'

import { createParcels, payments } from '../fixtures/parcels.ts'
import { startTestApp, type TestApp } from '../index.ts'

const notes = defineContract('notes', {
  operations: {
    whoAmI: query({ auth: 'required', http: 'GET /me', output: z.object({ subject: z.string(), roles: z.unknown() }) }),
    keep: command({
      http: 'POST /notes',
      auth: 'none',
      input: z.object({ text: z.string() }),
      output: z.object({ length: z.int() }),
    }),
    forget: command({ http: 'DELETE /notes', auth: 'none' }),
    ticks: stream({ http: 'GET /ticks', auth: 'none', serverStream: z.int() }),
    keys: query({ output: z.unknown() }),
  },
})

interface Notes {
  readonly app: TestApp
  readonly ended: string[]
  release(): void
}

async function start(): Promise<Notes> {
  const ended: string[] = []
  const gate = Promise.withResolvers<void>()
  const service = defineService(notes, {
    operations: {
      whoAmI: (_input, ctx) => ({ subject: ctx.identity?.subject ?? '', roles: ctx.identity?.claims['roles'] }),
      keep: ({ text }) => ({ length: text.length }),
      forget: () => undefined,
      ticks: async function* (_input, ctx) {
        try {
          yield 1
          const gone = new Promise((resolve) => ctx.signal.addEventListener('abort', resolve, { once: true }))
          await Promise.race([gate.promise, gone])
          yield 2
          await gone
        } finally {
          ended.push('ticks')
        }
      },
      keys: () => ({ keys: [] }),
    },
  })
  const app = await startTestApp(
    defineApp({
      name: 'notes',
      services: { notes: async () => ({ default: service }) },
      gateway: {
        expose: [expose(notes, ['whoAmI', 'keep', 'forget', 'ticks'])],
        auth: { issuer: 'us', audience: 'notes', jwks: notes.operations.keys, algorithms: ['EdDSA'], types: ['app'] },
        limits: { bodyBytes: 3_000_000 },
      },
    }),
  )
  return { app, ended, release: () => gate.resolve() }
}

function endedWith(seen: string): never {
  throw new Error(`It ended with ${seen}`)
}

const json = { 'content-type': 'application/json' }

it('opens no socket', async () => {
  const listen = vi.spyOn(Object.getPrototypeOf(createServer()) as ReturnType<typeof createServer>, 'listen')
  const { app } = await start()
  await using _app = app
  expect((await app.http('/livez')).status).toBe(200)
  expect(listen).not.toHaveBeenCalled()
  listen.mockRestore()
})

it('takes what fetch takes, and answers as the gateway does', async () => {
  const { app } = await start()
  await using _app = app
  const text = 'x'.repeat(2_000_000)
  const kept = await app.http('/notes', { method: 'POST', headers: json, body: JSON.stringify({ text }) })
  expect(await kept.json()).toEqual({ length: text.length })
  const wrong = await app.http('/notes', { method: 'POST', headers: json, body: '{}' })
  expect([wrong.status, wrong.headers.get('content-type')]).toEqual([400, expect.stringMatching(/problem\+json/)])
  const gone = await app.http('/notes', { method: 'DELETE' })
  expect([gone.status, gone.body]).toEqual([204, null])
  expect((await app.http('/nowhere')).status).toBe(404)
  const parallel = await Promise.all(Array.from({ length: 40 }, () => app.http('/livez')))
  expect(new Set(parallel.map(({ status }) => status))).toEqual(new Set([200]))
})

it('signs somebody in, and nobody else', async () => {
  const { app } = await start()
  await using _app = app
  const ann = { subject: 'ann', issuer: 'us', claims: { roles: ['admin'] } }
  expect(await (await app.http('/me', { identity: ann })).json()).toEqual({ subject: 'ann', roles: ['admin'] })
  expect(await (await app.http('/me', { identity: 'bob' })).json()).toMatchObject({ subject: 'bob' })
  expect((await app.http('/me')).status).toBe(401)
  expect((await app.http('/me', { headers: { authorization: 'Bearer a.b.c' } })).status).toBe(401)
  await app.clock.forward(24 * 3_600_000)
  expect((await app.http('/me', { identity: 'bob' })).status).toBe(200)
})

it('gives items of a stream as they come, and ends it when its reader leaves', async () => {
  const { app, ended, release } = await start()
  await using _app = app
  const reader = (await app.http('/ticks')).body?.pipeThrough(new TextDecoderStream()).getReader()
  let seen = ''
  const until = async (part: string): Promise<void> => {
    while (!seen.includes(part)) seen += (await reader?.read())?.value ?? endedWith(seen)
  }
  await until('data: 1')
  expect(seen).not.toContain('data: 2')
  release()
  await until('data: 2')
  expect(ended).toEqual([])
  await reader?.cancel()
  await expect.poll(() => ended).toEqual(['ticks'])
})

it('is given up with the signal', async () => {
  const { app, ended } = await start()
  await using _app = app
  const gone = new AbortController()
  const response = await app.http('/ticks', { signal: gone.signal })
  const body = response.text()
  gone.abort(new Error('enough'))
  await expect(body).rejects.toThrow(/enough|aborted|closed|terminated/)
  await expect.poll(() => ended).toEqual(['ticks'])
  await expect(app.http('/livez', { signal: gone.signal })).rejects.toThrow('enough')
})

it('says what is missing', async () => {
  await using app = await startTestApp([createParcels().payments])
  await expect(app.http('/')).rejects.toThrow("'test' has no gateway to send requests to: give it one in defineApp.")
  const open = defineApp({
    name: 'open',
    services: { payments: async () => ({ default: createParcels().payments }) },
    gateway: { expose: [expose(payments, [])] },
  })
  await using other = await startTestApp(open)
  await expect(other.http('/', { identity: 'ann' })).rejects.toThrow(/accepts no tokens: give it `auth`/)
})

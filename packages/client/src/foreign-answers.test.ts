import { once } from 'node:events'

import { defineContract, query } from '@holon/contract'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { createClient } from './create-client.ts'
import { failureOf } from './fixtures/failure-of.ts'
import { lab } from './fixtures/lab.ts'
import { answering, type Script, startScripted } from './fixtures/scripted-server.ts'
import { HttpError } from './http-error.ts'
import { lightContract } from './light/index.ts'

const problem = { 'content-type': 'application/problem+json' }
const events = { 'content-type': 'text/event-stream' }

describe('an answer without a body', () => {
  const empty: readonly (readonly [number, string | undefined])[] = [
    [200, 'text/html'],
    [200, undefined],
    [200, 'application/json'],
    [201, 'text/plain'],
    [203, undefined],
  ]

  it.each(empty)('is nothing only where the gateway answers so: %s %s is an error', async (status, type) => {
    await using server = await startScripted(answering(status, '', type === undefined ? {} : { 'content-type': type }))
    const clients = [lab, lightContract(lab)].map((one) => createClient<typeof lab>(one, { baseUrl: server.url }))
    for (const client of clients)
      for (const call of [() => client.remove({ id: 1 }), () => client.ping()]) {
        const error = await failureOf(call())
        expect(error).toBeInstanceOf(HttpError)
        expect(error.message).toContain(`was answered with ${status} and ${type ?? 'no media type'} instead of JSON`)
      }
  })

  it.each([201, 202, 204])('with %s is nothing of an operation that may answer so, and of no other', async (status) => {
    await using server = await startScripted(answering(status, ''))
    for (const contract of [lab, lightContract(lab)]) {
      const client = createClient<typeof lab>(contract, { baseUrl: server.url })
      expect(await client.remove({ id: 1 })).toBeUndefined()
      expect(await failureOf(client.ping())).toMatchObject({ status })
    }
    const maybe = defineContract('maybe', {
      operations: { find: query({ http: 'GET /find', auth: 'none', output: z.string().optional() }) },
    })
    for (const contract of [maybe, lightContract(maybe)])
      expect(await createClient<typeof maybe>(contract, { baseUrl: server.url }).find()).toBeUndefined()
  })
})

it('a text that is no JSON by its media type is no value', async () => {
  await using server = await startScripted(answering(202, '"queued"', { 'content-type': 'text/plain' }))
  const error = await failureOf(createClient(lab, { baseUrl: server.url }).ping())
  expect(error.message).toContain('202 and text/plain instead of JSON')
})

describe('what does not end', () => {
  /** Sends as fast as it is taken; resolves when it is no longer. */
  const endless = (status: number, type: string, text: string): Script & { readonly left: Promise<unknown> } => {
    let leave: (() => void) | undefined
    const left = new Promise<void>((resolve) => (leave = resolve))
    const script: Script = (_request, response) => {
      response.writeHead(status, { 'content-type': type })
      void once(response, 'close').then(() => leave?.())
      const go = (): void => {
        while (!response.destroyed) if (!response.write(text)) return void response.once('drain', go)
      }
      go()
    }
    return Object.assign(script, { left })
  }
  const block = 'x'.repeat(2 ** 16)

  it.each([
    [500, 'application/problem+json', 'application/problem+json of more than 1 MB instead of a problem document'],
    [502, 'text/html', 'text/html of more than 1 MB'],
    [200, 'text/html', 'text/html of more than 1 MB'],
  ] as const)('is not read to its end: %s %s', async (status, type, message) => {
    const script = endless(status, type, block)
    await using server = await startScripted(script)
    const client = createClient(lab, { baseUrl: server.url, retries: 0 })
    const error = await failureOf(client.look())
    expect(error).toMatchObject({ status })
    expect(error.message).toContain(message)
    await script.left
    expect(await failureOf(client.watch({ id: 1 })[Symbol.asyncIterator]().next())).toMatchObject({ status })
  })

  it.each([block, 'data: x\n'.repeat(1000)])('is no event of a stream, %#', async (text) => {
    const script = endless(200, 'text/event-stream', text)
    await using server = await startScripted(script)
    const first = createClient(lab, { baseUrl: server.url }).watch({ id: 1 })[Symbol.asyncIterator]().next()
    const error = await failureOf(first)
    expect(error).toBeInstanceOf(HttpError)
    expect(error.message).toBe(
      `GET ${server.url}/things/1/events has sent an event of more than 16 MB: send more and smaller items.`,
    )
    await script.left
  })
})

describe('a problem document', () => {
  const hostile = [
    '{"errors":[{"path":[{"toString":1},"a",null,0,["b"],true],"message":{"toString":1}},null,7]}',
    '{"code":{"toString":1},"title":[1],"detail":{},"type":7,"traceId":{},"failure":{"toString":1},"status":{"valueOf":1}}',
    '{"code":"toString","errors":{"length":2},"status":1e999}',
    '{"errors":[{"path":{"length":1}}]}',
    '[]',
    'null',
    '7',
  ]

  it.each(hostile)('is read as far as it is one: %s', async (text) => {
    await using server = await startScripted(answering(400, text, problem))
    const told = await failureOf(createClient(lab, { baseUrl: server.url }).look())
    await using streaming = await startScripted(answering(200, `event: error\ndata: ${text}\n\n`, events))
    const items = createClient(lab, { baseUrl: streaming.url }).watch({ id: 1 })[Symbol.asyncIterator]()
    const later = await failureOf(items.next())
    for (const error of [told, later]) {
      expect(error).toBeInstanceOf(HttpError)
      expect(error.failure).toBeUndefined()
      expect(typeof error.message).toBe('string')
      expect(['internal', 'unknown']).toContain(error.code)
    }
    expect(later).toMatchObject({ status: 500, type: undefined, traceId: undefined })
  })

  it('says where with what is a text or a number', async () => {
    await using server = await startScripted(answering(400, hostile[0] ?? '', problem))
    const { issues } = await failureOf(createClient(lab, { baseUrl: server.url }).look())
    const message = 'It is wrong.'
    expect(issues).toEqual([
      { path: ['a', 0], message },
      { path: [], message },
      { path: [], message },
    ])
  })
})

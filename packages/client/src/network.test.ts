import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

import { ServiceError } from '@holon/contract'
import { describe, expect, it } from 'vitest'

import { createClient } from './create-client.ts'
import { failureOf } from './fixtures/failure-of.ts'
import { startGatewayProcess } from './fixtures/gateway-process.ts'
import { lab } from './fixtures/lab.ts'
import { answering, cutting, startScripted } from './fixtures/scripted-server.ts'
import { startLab } from './fixtures/start-lab.ts'
import { HttpError } from './http-error.ts'

const json = { 'content-type': 'application/json' }
const html = { 'content-type': 'text/html; charset=utf-8' }
const seen = { subject: null, idempotencyKey: null, count: 1 }
const answer = answering(200, JSON.stringify(seen), json)

describe('what is answered by something else than the gateway', () => {
  it('is an error that says so, with the code that gRPC has for it', async () => {
    for (const [status, code] of [
      [502, 'unavailable'],
      [404, 'unimplemented'],
      [403, 'permission_denied'],
      [500, 'unknown'],
    ] as const) {
      await using proxy = await startScripted(answering(status, '<html>Bad Gateway</html>', html))
      const error = await failureOf(
        createClient(lab, { baseUrl: `${proxy.url}/api/`, retries: 0 }).find({ text: 'secret' }),
      )
      expect(error).toBeInstanceOf(HttpError)
      expect(error).toMatchObject({ code, status, type: undefined, traceId: undefined })
      expect(error.message).toBe(
        `GET ${proxy.url}/api/things was answered with ${status} and text/html instead of a problem document: by something before the gateway, or the base URL is another's.`,
      )
    }
  })

  it('is an error also where it is a success, or JSON of another form', async () => {
    await using page = await startScripted(answering(200, '<!doctype html>', html))
    const error = await failureOf(createClient(lab, { baseUrl: page.url }).look())
    expect(error).toMatchObject({ code: 'unknown', status: 200 })
    expect(error.message).toContain('200 and text/html instead of JSON')
    await using proxy = await startScripted(answering(403, '{"message":"Forbidden"}', json))
    const refused = await failureOf(createClient(lab, { baseUrl: proxy.url }).look())
    expect(refused).toMatchObject({ code: 'permission_denied', status: 403 })
    await using broken = await startScripted(answering(409, '{"code":', { 'content-type': 'application/problem+json' }))
    expect(await failureOf(createClient(lab, { baseUrl: broken.url }).look())).toMatchObject({
      code: 'unknown',
      status: 409,
    })
  })

  it('passes, and the query is asked again', async () => {
    await using proxy = await startScripted(answering(502, '<html>', html), cutting, answer)
    expect(await createClient(lab, { baseUrl: proxy.url }).look()).toEqual(seen)
    expect(proxy.requests).toHaveLength(3)
  })
})

it('an answer that breaks off is none: the query is asked again', async () => {
  await using server = await startScripted((request, response) => {
    response.writeHead(200, { ...json, 'content-length': '1000' }).write('{"subject":')
    setImmediate(() => request.socket.destroy())
  }, answer)
  expect(await createClient(lab, { baseUrl: server.url }).look()).toEqual(seen)
})

it('a connection that nobody takes is unavailable, and nothing has run', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // What a server that listens on a port has.
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const error = await failureOf(createClient(lab, { baseUrl: `http://127.0.0.1:${port}` }).act())
  expect(error).toMatchObject({ code: 'unavailable', mayHaveRun: false })
  expect(error.message).toContain(`POST http://127.0.0.1:${port}/act got no answer (fetch failed`)
})

// Two processes start one after the other, which takes ten times as long on a busy machine.
it(
  'a gateway that is killed and started again is outlived, by queries and by commands with a key',
  { timeout: 120_000 },
  async () => {
    const first = await startGatewayProcess()
    const client = createClient(lab, { baseUrl: `${first.url}/api`, retries: 30, timeoutMs: 90_000 })
    // The connection is there, and is kept.
    expect(await client.look()).toEqual(seen)
    await first.kill()
    const answers = [client.look(), client.act(undefined, { idempotencyKey: true }), client.get({ id: 7 })]
    const second = await startGatewayProcess(Number(new URL(first.url).port))
    try {
      expect(await Promise.all(answers)).toMatchObject([{ subject: null }, { subject: null }, { id: 7 }])
    } finally {
      await second.kill()
    }
  },
)

it('a quota that is used up is waited for, as long as the gateway says', async () => {
  await using running = await startLab()
  running.world.errors.push(new ServiceError('resource_exhausted', 'Ten a day.'))
  const startedMs = performance.now()
  expect(await running.client().look()).toMatchObject({ count: 2 })
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(1000)
  running.world.errors.push(new ServiceError('resource_exhausted', 'Ten a day.'))
  const error = await failureOf(running.client().act())
  expect(error).toMatchObject({ code: 'resource_exhausted', status: 429, retryAfterMs: 1000, message: 'Ten a day.' })
})

it('whoever gives up, or has no time left, ends the call of the service', async () => {
  await using running = await startLab()
  const { events } = running.world
  for (const options of [() => ({ timeoutMs: 300 }), () => ({ signal: AbortSignal.timeout(300) })]) {
    const aborted = once(events, 'aborted')
    const error = await failureOf(running.client().wait(undefined, options()))
    expect(['deadline_exceeded', 'cancelled']).toContain(error.code)
    await aborted
  }
})

it('a fetch that does not heed its signal is given up all the same', async () => {
  const gone = new AbortController()
  const fetch = (): Promise<never> => new Promise(() => gone.abort('left'))
  const client = createClient(lab, { baseUrl: '', fetch })
  expect(await failureOf(client.look(undefined, { signal: gone.signal }))).toMatchObject({ code: 'cancelled' })
})

it('the base URL is needed where there is no page', async () => {
  await expect(createClient(lab).look()).rejects.toThrow('Give createClient a baseUrl')
})

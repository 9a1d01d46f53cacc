import { ServiceError } from '@holon/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { notes as contract } from './fixtures/notes.ts'
import { problemOf } from './fixtures/problem-of.ts'
import { rawRequest } from './fixtures/raw-request.ts'
import { type NotesGateway, startNotes } from './fixtures/start-notes.ts'
import { toProblem } from './problem.ts'

let notes: NotesGateway
beforeAll(async () => {
  notes = await startNotes()
})
afterAll(() => notes[Symbol.asyncDispose]())

const failing = async (how: string): Promise<Response> => notes.send('/fail', { how })

describe('what goes wrong is told in a problem document', () => {
  it('a failure that the operation declares shows its name and data', async () => {
    expect(await problemOf(await failing('declared'))).toMatchObject({
      type: 'https://holon.dev/problems/notes/fail/broken',
      status: 409,
      code: 'failed_precondition',
      instance: '/fail',
      failure: 'broken',
      data: { part: 'wheel' },
    })
  })

  it('a failure of another operation shows neither name, data nor message', async () => {
    const problem = await problemOf(await failing('foreign'))
    expect(problem).not.toHaveProperty('failure')
    expect(problem).not.toHaveProperty('data')
    expect(problem.type).toMatch(/problems\/(?:already_exists|internal)$/)
  })

  it('a failure shows its data only where the very operation declares it, whatever reaches the gateway', () => {
    const place = { path: '/fail', traceId: 'a', operation: contract.operations.fail }
    const shown = (name: string, origin: string): boolean => {
      const error = new ServiceError('failed_precondition', 'secret', { failure: { name, data: 'secret', origin } })
      return JSON.stringify(toProblem(error, place)).includes('secret')
    }
    expect(shown('broken', 'notes.fail')).toBe(true)
    expect(shown('broken', 'other.fail')).toBe(false)
    expect(shown('toString', 'notes.fail')).toBe(false)
    expect(shown('taken', 'notes.fail')).toBe(false)
  })

  it('an error with a code shows the message that was meant for the caller', async () => {
    expect(await problemOf(await failing('missing'))).toMatchObject({
      type: 'https://holon.dev/problems/not_found',
      title: 'Not found',
      status: 404,
      detail: 'There is no wheel.',
    })
  })

  it('what a bug throws, and what is the server’s matter, stays inside', async () => {
    for (const how of ['crash', 'internal']) {
      const problem = await problemOf(await failing(how))
      expect(problem).toMatchObject({ status: 500, code: 'internal', title: 'Internal error' })
      expect(problem.detail).not.toContain('notes')
    }
    const response = await failing('unavailable')
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await problemOf(response)).toMatchObject({ status: 503, code: 'unavailable' })
  })

  it('a server without room is 503, and a caller who has used up a quota 429', async () => {
    const full = await failing('full')
    expect(full.headers.get('retry-after')).toBe('1')
    const problem = await problemOf(full)
    const type = 'https://holon.dev/problems/server_full'
    expect(problem).toMatchObject({ type, status: 503, code: 'resource_exhausted', title: 'The server has no room' })
    expect(JSON.stringify(problem)).not.toMatch(/secret|failure/)
    const quota = { type: 'https://holon.dev/problems/resource_exhausted', status: 429, detail: 'Ten notes a day.' }
    expect(await problemOf(await failing('quota'))).toMatchObject(quota)
  })

  it('an operation that takes too long is 504', async () => {
    expect(await problemOf(await notes.fetch('/late'))).toMatchObject({ status: 504, code: 'deadline_exceeded' })
  })

  it('the gateway’s own time limit goes before a longer one of the operation', async () => {
    await using hasty = await startNotes({ limits: { callTimeoutMs: 30 } })
    expect((await problemOf(await hasty.fetch('/wait'))).status).toBe(504)
  })

  it('wrong input names every field, with a JSON Pointer', async () => {
    const problem = await problemOf(await notes.send('/fail', { how: 'no way', more: 1 }))
    expect(problem.errors).toEqual([{ path: ['how'], pointer: '#/how', message: expect.any(String) as string }])
  })
})

describe('headers that travel', () => {
  const seen = async (headers: Record<string, string>): Promise<Record<string, unknown> & { trace: string | null }> => {
    const response = await notes.fetch('/seen', { method: 'POST', headers })
    expect(response.status).toBe(200)
    return { ...((await response.json()) as Record<string, unknown>), trace: response.headers.get('x-trace-id') }
  }

  it('a trace is continued where traceparent is well-formed, and begun where it is not', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const good = [
      `00-${traceId}-b7ad6b7169203331-01`,
      `00-${traceId}-b7ad6b7169203331-00`,
      `cc-${traceId}-b7ad6b7169203331-01-more`,
    ]
    for (const traceparent of good) expect(await seen({ traceparent })).toMatchObject({ traceId, trace: traceId })
    const bad = [
      `00-${traceId}-b7ad6b7169203331-01-more`,
      `ff-${traceId}-b7ad6b7169203331-01`,
      `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
      `00-${traceId}-${'0'.repeat(16)}-01`,
      `00-${traceId.toUpperCase()}-b7ad6b7169203331-01`,
      'nonsense',
    ]
    for (const traceparent of bad) {
      const { trace, traceId: inside } = await seen({ traceparent })
      expect(trace).toMatch(/^[0-9a-f]{32}$/)
      expect(trace).not.toMatch(/^(?:0+|0af7651916cd43dd8448eb211c80319c)$/i)
      expect(inside).toBe(trace)
    }
  })

  it('an idempotency key reaches the service; one that is malformed is refused', async () => {
    expect(await seen({ 'idempotency-key': 'order 1~' })).toMatchObject({ idempotencyKey: 'order 1~' })
    expect(await seen({})).toMatchObject({ idempotencyKey: null })
    for (const key of ['', 'x'.repeat(256), 'caf\u00e9'])
      expect(
        (await problemOf(await notes.fetch('/seen', { method: 'POST', headers: { 'idempotency-key': key } }))).status,
      ).toBe(400)
  })

  it('headers that look like an identity or a deadline have no effect', async () => {
    const spoofed = await seen({
      'x-holon-identity': '{"subject":"root"}',
      'holon-identity': 'root',
      'x-identity': 'root',
      'x-user-id': 'root',
      'x-forwarded-user': 'root',
      'holon-timeout-ms': '999999',
      'grpc-timeout': '1H',
    })
    expect(spoofed).toMatchObject({ subject: null, claims: {} })
    expect(spoofed['remainingMs']).toBeLessThanOrEqual(10_000)
  })
})

describe('a path or a method that nobody knows is told before the body is looked at', () => {
  it.each([
    ['/nothing', 404],
    ['/big', 405],
    ['/readyz', 405],
    ['/%62ig', 405],
  ])('%s: %i', async (path, status) => {
    for (const body of ['{ not json', 'x'.repeat(2 << 20)])
      for (const type of ['application/json', 'text/plain']) {
        const response = await notes.fetch(path, { method: 'POST', body, headers: { 'content-type': type } })
        expect((await problemOf(response)).status).toBe(status)
        expect(response.headers.get('allow')).toBe(status === 405 ? 'GET, HEAD' : null)
      }
  })

  it('even while the body is still to come', async () => {
    const head = 'POST /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n'
    const { status, durationMs } = await rawRequest(notes.url, `${head}Content-Length: 1000\r\n\r\n{`)
    expect(status).toBe(404)
    expect(durationMs).toBeLessThan(9_000)
  })
})

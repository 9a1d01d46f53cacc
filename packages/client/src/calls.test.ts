import { once } from 'node:events'

import { isFailure, ServiceError } from '@holon/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { failureOf } from './fixtures/failure-of.ts'
import { lab } from './fixtures/lab.ts'
import { type RunningLab, startLab } from './fixtures/start-lab.ts'
import type { HttpClient } from './http-client.ts'
import { HttpError } from './http-error.ts'

let running: RunningLab
let client: HttpClient<typeof lab>
beforeAll(async () => {
  running = await startLab()
  client = running.client()
})
afterAll(() => running[Symbol.asyncDispose]())

describe('an input', () => {
  it('goes into the body of a POST, and its defaults are filled in by the service', async () => {
    expect(await client.create({ title: 'one', tags: ['a', 'b'] })).toEqual({ id: 1, title: 'one', tags: ['a', 'b'] })
    expect(await client.create({ title: 'one' })).toEqual({ id: 1, title: 'one', tags: [] })
  })

  it('goes into the path, and the rest of it into the body', async () => {
    expect(await client.get({ id: -7 })).toEqual({ id: -7, title: 'thing -7', tags: [] })
    expect(await client.replace({ id: 3, title: 'new', note: null })).toEqual({ id: 3, title: 'new', tags: ['null'] })
    expect(await client.touch({ id: 3 })).toBe(3)
  })

  it('is escaped in the path, so that it is one part of it', async () => {
    for (const name of ['../things?x=1#y', 'a b+c%20', 'ü/漢', '..%2f', '%'])
      expect(await client.named({ name })).toBe(name)
  })

  it('goes into the query string of a GET, as what it is', async () => {
    expect(await client.find()).toEqual({ limit: 20, tag: [] })
    const all = { limit: 5, tag: ['a&b', 'c=d', '+'], archived: false, score: -1.5e300, text: '' }
    expect(await client.find(all)).toEqual(all)
    expect(await client.find({ tag: [], color: ['red'], score: null, text: undefined })).toEqual({
      limit: 20,
      tag: [],
      color: ['red'],
      score: null,
    })
  })

  it('goes into the query string of a DELETE; an answer of nothing is undefined', async () => {
    const removed = once(running.world.events, 'removed')
    expect(await client.remove({ id: 1, force: true })).toBeUndefined()
    expect(await removed).toEqual([true])
  })

  it('that is no object is the body; an operation without one sends none', async () => {
    expect(await client.sum([1, 2, 3.5])).toBe(6.5)
    expect(await client.ping()).toBe('pong')
  })
})

describe('an input that HTTP would carry as another one', () => {
  const refused = async (call: Promise<unknown>): Promise<string> => {
    const error = await failureOf(call)
    expect(error).toMatchObject({ code: 'invalid_argument', mayHaveRun: false })
    expect(error).not.toBeInstanceOf(HttpError)
    return error.message
  }

  it('is refused before it is sent, naming the field', async () => {
    expect(await refused(client.find({ note: null }))).toBe(
      'The input of lab.find is wrong: note: null cannot be told from something else in a URL; leave it out.',
    )
    expect(await refused(client.find({ color: [] }))).toContain('color: an empty list')
    expect(await refused(client.named({ name: '' }))).toContain('name: it is part of the path')
    expect(await refused(client.named({ name: '..' }))).toContain("'..' cannot be part of a path")
    expect(await refused(client.named({ name: '\ud800' }))).toContain('half a surrogate pair')
    expect(await refused(client.replace({ id: 1, title: 'a', note: NaN }))).toContain('note: NaN is no number in JSON')
    expect(await refused(client.sum([1, Infinity]))).toContain('1: Infinity is no number in JSON')
  })

  it('is refused as it is between services, where it is no data', async () => {
    // Casts: what the types forbid comes from programs without them.
    const date = new Date(0) as unknown as string
    expect(await refused(client.create({ title: date }))).toContain('title: a Date cannot travel')
    expect(await refused(client.sum([1, undefined as unknown as number]))).toContain('1: undefined is no item')
    expect(await refused(client.named(undefined as unknown as { name: string }))).toContain('it must be an object')
    expect(await refused(client.get({} as { id: number }))).toContain('id: it is part of the path')
  })
})

describe('an error', () => {
  it('that the operation declares is recognised by isFailure, with its data', async () => {
    const error = await failureOf(client.create({ title: 'taken' }))
    if (!isFailure(error, lab.operations.create, 'taken')) throw error
    expect(error.failure.data.title).toBe('taken')
    expect(error).toMatchObject({
      name: 'HttpError',
      code: 'already_exists',
      status: 409,
      message: 'There is one of that title.',
      type: 'https://holon.dev/problems/lab/create/taken',
      mayHaveRun: true,
    })
  })

  it('of a wrong input names its fields, and carries the trace', async () => {
    const error = await failureOf(client.create({ title: '' }))
    expect(error).toBeInstanceOf(ServiceError)
    expect(error).toBeInstanceOf(HttpError)
    expect(error).toMatchObject({
      code: 'invalid_argument',
      status: 400,
      issues: [{ path: ['title'] }],
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    })
  })

  it('that says that one may not is 403, and is not asked again', async () => {
    running.world.errors.push(new ServiceError('permission_denied', 'This is of somebody else.'))
    const error = await failureOf(client.look())
    expect(error).toMatchObject({ code: 'permission_denied', status: 403, message: 'This is of somebody else.' })
    expect(running.world.errors).toEqual([])
  })

  it('of the edge has its status and type', async () => {
    const long = await failureOf(client.named({ name: 'x'.repeat(2000) }))
    expect(long).toMatchObject({
      code: 'invalid_argument',
      status: 414,
      type: 'https://holon.dev/problems/url_too_long',
    })
    const unknown = await failureOf(client.vault())
    expect(unknown).toMatchObject({ code: 'not_found', status: 404, message: 'There is nothing at /api/vault.' })
  })

  it('of the time limit of the operation is what the gateway says of it', async () => {
    expect(await failureOf(running.client({ retries: 0 }).late())).toMatchObject({
      code: 'deadline_exceeded',
      status: 504,
    })
  })
})

describe('a token', () => {
  it('says who asks, and is asked for before each request', async () => {
    let asked = 0
    const signedIn = running.client({ token: async () => (asked++, await running.token('ann')) })
    expect(await signedIn.whoami()).toMatchObject({ subject: 'ann' })
    expect(await signedIn.whoami()).toMatchObject({ subject: 'ann' })
    expect(asked).toBe(2)
    expect(await running.client({ token: await running.token('bob') }).act()).toMatchObject({ subject: 'bob' })
  })

  it('that is missing, or not accepted, is 401', async () => {
    expect(await failureOf(client.whoami())).toMatchObject({ code: 'unauthenticated', status: 401 })
    expect(await failureOf(running.client({ token: () => 'bad' }).whoami())).toMatchObject({ status: 401 })
    expect(await running.client({ token: () => undefined }).act()).toMatchObject({ subject: null })
  })

  it('is not asked for by operations that do not look at it', async () => {
    const token = (): never => {
      throw new Error('nobody is signed in')
    }
    expect(await running.client({ token }).ping()).toBe('pong')
    await expect(running.client({ token }).act()).rejects.toThrow('nobody is signed in')
  })
})

it('headers of the call go before those of the client', async () => {
  const token = await running.token('cid')
  const named = running.client({ headers: { Authorization: 'Bearer bad' }, token: 'bad' })
  expect(await named.act(undefined, { headers: { authorization: `Bearer ${token}` } })).toMatchObject({
    subject: 'cid',
  })
})

it('an idempotency key reaches the handler; true makes one', async () => {
  expect(await client.act(undefined, { idempotencyKey: 'mine' })).toMatchObject({ idempotencyKey: 'mine' })
  const [one, other] = [
    await client.act(undefined, { idempotencyKey: true }),
    await client.act(undefined, { idempotencyKey: true }),
  ]
  expect(one.idempotencyKey).toMatch(/^[0-9a-f]{32}$/)
  expect(other.idempotencyKey).not.toBe(one.idempotencyKey)
})

it('an operation that HTTP does not carry throws, naming itself', () => {
  const untyped = client as unknown as { hidden(): unknown; upload(): unknown }
  expect(() => untyped.hidden()).toThrow('lab.hidden has no HTTP route')
  expect(() => untyped.upload()).toThrow('lab.upload takes a stream of items')
})

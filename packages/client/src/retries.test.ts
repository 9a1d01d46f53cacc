import { ServiceError } from '@holon/contract'
import { ManualPlatform } from '@holon/contract/manual-platform'
import { describe, expect, inject, it } from 'vitest'

import type { ClientOptions } from './client-options.ts'
import { createClient } from './create-client.ts'
import type { FetchResponse } from './fetch.ts'
import { failureOf } from './fixtures/failure-of.ts'
import { lab } from './fixtures/lab.ts'
import type { HttpClient } from './http-client.ts'

type Outcome = { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> } | Error

interface Scripted {
  readonly client: HttpClient<typeof lab>
  readonly platform: ManualPlatform
  /** When each request was made, in milliseconds since the first. */
  readonly times: number[]
  readonly keys: (string | undefined)[]
}

const seen = { subject: null, idempotencyKey: null, count: 1 }
const fine: Outcome = { status: 200, body: seen }
const unavailable: Outcome = { status: 503, body: {} }

/** A client whose requests come to these ends, the last one again and again. Chance is always the greatest. */
function scripted(outcomes: readonly Outcome[], options: ClientOptions = {}): Scripted {
  const platform = new ManualPlatform({ lateMs: inject('lateMs'), random: () => 1 })
  const times: number[] = []
  const keys: (string | undefined)[] = []
  const fetch: ClientOptions['fetch'] = (_url, init) => {
    const outcome = outcomes[Math.min(times.length, outcomes.length - 1)] ?? fine
    times.push(platform.monotonicMs())
    keys.push(init.headers['idempotency-key'])
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(responseOf(outcome))
  }
  return {
    client: createClient(lab, { baseUrl: 'http://gateway', platform, fetch, ...options }),
    platform,
    times,
    keys,
  }
}

function responseOf({ status, body, headers = {} }: Exclude<Outcome, Error>): FetchResponse {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  return {
    status,
    headers: new Headers({ 'content-type': type, ...headers }),
    text: () => Promise.resolve(JSON.stringify(body)),
  }
}

const lost = new TypeError('fetch failed', { cause: new Error('other side closed') })
const refused = new TypeError('fetch failed', {
  cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
})

describe('a query', () => {
  it.each([408, 429, 502, 503, 504])('is asked again after %i, with longer and longer pauses', async (status) => {
    const { client, platform, times } = scripted([{ status, body: {} }, { status, body: {} }, fine])
    const answer = client.look()
    await platform.pass(1000)
    expect(await answer).toEqual(seen)
    expect(times.map((ms) => Math.floor(ms / 250))).toEqual([0, 1, 3])
  })

  it('is asked again when no answer came, three times in all', async () => {
    const { client, platform, times } = scripted([lost])
    const failed = failureOf(client.look())
    await platform.pass(10_000)
    expect(await failed).toMatchObject({
      code: 'unavailable',
      message: 'GET http://gateway/look got no answer (fetch failed: other side closed).',
      mayHaveRun: true,
      cause: lost,
    })
    expect(times).toHaveLength(3)
  })

  it.each([400, 401, 403, 404, 409, 500, 501])('is not asked again after %i', async (status) => {
    const { client, times } = scripted([{ status, body: {} }])
    expect(await failureOf(client.look())).toMatchObject({ status })
    expect(times).toHaveLength(1)
  })

  it('is not asked again where the operation declares what went wrong: that is its answer', async () => {
    const { client, times } = scripted([{ status: 429, body: { code: 'resource_exhausted', failure: 'busy' } }])
    expect(await failureOf(client.look())).toMatchObject({ failure: { name: 'busy', origin: 'lab.look' } })
    expect(times).toHaveLength(1)
  })

  it('is asked as often as the client says', async () => {
    const never = scripted([unavailable, fine], { retries: 0 })
    expect(await failureOf(never.client.look())).toMatchObject({ status: 503 })
    const often = scripted([...Array.from({ length: 5 }, () => unavailable), fine], { retries: 5 })
    const answer = often.client.look()
    await often.platform.pass(10_000)
    expect(await answer).toEqual(seen)
  })
})

describe('a command', () => {
  it('is not repeated: it may have run', async () => {
    for (const outcome of [unavailable, lost]) {
      const { client, times } = scripted([outcome, fine])
      expect(await failureOf(client.act())).toMatchObject({ mayHaveRun: true })
      expect(times).toHaveLength(1)
    }
  })

  it('with a key is repeated, with the same key', async () => {
    const { client, platform, keys } = scripted([unavailable, lost, fine])
    const answer = client.act(undefined, { idempotencyKey: true })
    await platform.pass(1000)
    expect(await answer).toEqual(seen)
    expect(keys).toHaveLength(3)
    expect(new Set(keys).size).toBe(1)
  })

  it('that surely has not run is repeated: nobody took the connection', async () => {
    const { client, platform, times } = scripted([refused, fine])
    const answer = client.act()
    await platform.pass(1000)
    expect(await answer).toEqual(seen)
    expect(times).toHaveLength(2)
  })
})

describe('Retry-After', () => {
  const asking = (headers: Record<string, string>): Outcome => ({ status: 503, body: {}, headers })

  it('is heeded, in seconds or as a date', async () => {
    for (const value of ['7', new Date(new ManualPlatform().now() + 7000).toUTCString()]) {
      const { client, platform, times } = scripted([asking({ 'retry-after': value }), fine])
      const answer = client.look()
      await platform.pass(10_000)
      expect(await answer).toEqual(seen)
      // A date has no fractions of a second.
      expect(times[1]).toBeGreaterThanOrEqual(6000)
      expect(times[1]).toBeLessThan(7400)
    }
  })

  it('that asks for more than is left, or than half a minute, is told to the caller at once', async () => {
    const short = scripted([asking({ 'retry-after': '20' }), fine])
    expect(await failureOf(short.client.look())).toMatchObject({ status: 503, retryAfterMs: 20_000 })
    const long = scripted([asking({ 'retry-after': '40' }), fine], { timeoutMs: 600_000 })
    expect(await failureOf(long.client.look())).toMatchObject({ retryAfterMs: 40_000 })
    expect([...short.times, ...long.times]).toHaveLength(2)
  })

  it('that says nothing sensible is overlooked', async () => {
    const { client, platform } = scripted([asking({ 'retry-after': 'soon' }), fine])
    const answer = client.look()
    await platform.pass(1000)
    expect(await answer).toEqual(seen)
  })
})

describe('the deadline', () => {
  it('is that of the call, the client, or the operation and five seconds; it ends the pauses, too', async () => {
    const pending = (options: ClientOptions): Scripted => {
      const platform = new ManualPlatform({ lateMs: inject('lateMs') })
      const fetch: ClientOptions['fetch'] = () => new Promise(() => {})
      return { ...scripted([]), platform, client: createClient(lab, { baseUrl: '', platform, fetch, ...options }) }
    }
    for (const [ms, ask] of [
      [300, ({ client }: Scripted) => client.look(undefined, { timeoutMs: 300 })],
      [700, ({ client }: Scripted) => client.look()],
      [5050, ({ client }: Scripted) => client.late()],
      [65_000, ({ client }: Scripted) => client.wait()],
    ] as const) {
      const one = pending(ms === 700 ? { timeoutMs: 700 } : {})
      const failed = failureOf(ask(one))
      let isOver = false
      void failed.then(() => (isOver = true))
      await one.platform.pass(ms - 1)
      expect(isOver).toBe(false)
      await one.platform.pass(10)
      expect(await failed).toMatchObject({
        code: 'deadline_exceeded',
        message: expect.stringContaining(`within ${ms} ms`) as string,
      })
      expect(one.platform.timers).toBe(0)
    }
  })

  it('that is over leaves no time for a pause', async () => {
    const { client, times } = scripted([unavailable, fine])
    expect(await failureOf(client.look(undefined, { timeoutMs: 200 }))).toMatchObject({ status: 503 })
    expect(times).toHaveLength(1)
  })

  it('of no time at all is over before anything is sent', async () => {
    const { client, times } = scripted([fine])
    for (const timeoutMs of [0, -1, NaN])
      expect(await failureOf(client.look(undefined, { timeoutMs }))).toMatchObject({
        code: 'deadline_exceeded',
        mayHaveRun: false,
      })
    expect(times).toEqual([])
  })
})

describe('who gives up', () => {
  it('gets the reason as the cause, at once, also during a pause, and leaves nothing behind', async () => {
    const { client, platform, times } = scripted([unavailable])
    const gone = new AbortController()
    const failed = failureOf(client.look(undefined, { signal: gone.signal }))
    await platform.pass(100)
    gone.abort('left')
    const error = await failed
    expect(error).toMatchObject({ code: 'cancelled', message: 'lab.look was cancelled by its caller.', cause: 'left' })
    expect(error).toBeInstanceOf(ServiceError)
    await platform.pass(10_000)
    expect(times).toHaveLength(1)
    expect(platform.timers).toBe(0)
  })

  it('before the call sends nothing', async () => {
    const { client, times } = scripted([fine])
    const signal = AbortSignal.abort('never mind')
    expect(await failureOf(client.look(undefined, { signal }))).toMatchObject({ code: 'cancelled', mayHaveRun: false })
    expect(times).toEqual([])
  })
})

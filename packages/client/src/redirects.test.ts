import { describe, expect, it } from 'vitest'

import { createClient } from './create-client.ts'
import type { Fetch } from './fetch.ts'
import { failureOf } from './fixtures/failure-of.ts'
import { lab } from './fixtures/lab.ts'
import { answering, startScripted } from './fixtures/scripted-server.ts'
import { HttpError } from './http-error.ts'

const json = { 'content-type': 'application/json' }
const seen = '{"subject":null,"idempotencyKey":null,"count":1}'

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('is not followed, and nothing is sent to where it leads: %s', async (status) => {
    await using other = await startScripted(answering(200, seen, json))
    await using server = await startScripted((request, response) => {
      response.writeHead(status, { location: `${other.url}${request.url}` }).end()
    })
    const client = createClient(lab, { baseUrl: server.url, headers: { 'x-api-key': 'secret' } })
    const items = client.watch({ id: 1 })[Symbol.asyncIterator]()
    for (const call of [
      () => client.act(undefined, { idempotencyKey: 'k' }),
      () => client.look(),
      () => items.next(),
    ]) {
      const error = await failureOf(call())
      expect(error).toBeInstanceOf(HttpError)
      expect(error).toMatchObject({ code: 'unknown', status })
      expect(error.message).toContain(`was redirected with ${status} to ${other.url}/`)
      expect(error.message).toContain(`set baseUrl to '${other.url}', if that is your gateway`)
    }
    expect(other.requests).toEqual([])
    expect(server.requests).toHaveLength(3)
  })

  it('to a page names it without what may be secret, and suggests no base URL', async () => {
    const location = '/login?state=secret#secret'
    await using server = await startScripted(answering(303, '', { location }))
    const error = await failureOf(createClient(lab, { baseUrl: server.url }).remove({ id: 1 }))
    expect(error.message).toBe(
      `DELETE ${server.url}/things/1 was redirected with 303 to ${server.url}/login, which no client may follow: set baseUrl to where the gateway itself answers.`,
    )
    expect(server.requests).toHaveLength(1)
  })

  it('to itself, or to no address, is one all the same', async () => {
    for (const location of ['/look', 'http://', 'mailto:secret']) {
      await using server = await startScripted(answering(302, '', { location }))
      const error = await failureOf(createClient(lab, { baseUrl: server.url }).look())
      expect(error).toMatchObject({ status: 302 })
      expect(error.message).toMatch(/redirected with 302.*set baseUrl to where/)
      expect(error.message).not.toContain('secret')
    }
  })

  it('of which a browser tells nothing is an error, too', async () => {
    const init: unknown[] = []
    const fetch: Fetch = (_url, { redirect }) => {
      init.push(redirect)
      return Promise.resolve({ type: 'opaqueredirect', status: 0, headers: new Headers(), text })
    }
    const text = (): Promise<string> => Promise.resolve('')
    const error = await failureOf(createClient(lab, { baseUrl: '/api', fetch }).act())
    expect(error).toMatchObject({ code: 'unknown', status: 0 })
    expect(error.message).toBe(
      'POST /api/act was redirected, which no client may follow: set baseUrl to where the gateway itself answers.',
    )
    expect(init).toEqual(['manual'])
  })

  it('that a fetch of its own has followed is no answer', async () => {
    await using server = await startScripted(answering(302, '', { location: '/elsewhere' }), answering(200, seen, json))
    const followed: Fetch = (url, init) => fetch(url, { ...init, redirect: 'follow' })
    const error = await failureOf(createClient(lab, { baseUrl: server.url, fetch: followed }).act())
    expect(error).toMatchObject({ code: 'unknown', status: 200 })
    expect(error.message).toContain(`was redirected with 200 to ${server.url}/elsewhere`)
  })
})

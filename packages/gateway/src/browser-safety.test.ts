import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type NotesGateway, startNotes } from './fixtures/start-notes.ts'

const friend = 'https://friend.test'
const credentialed = { cors: { origins: [friend], credentials: true } }

describe('security headers', () => {
  let notes: NotesGateway
  beforeAll(async () => {
    notes = await startNotes()
  })
  afterAll(() => notes[Symbol.asyncDispose]())

  it('are on every response, whatever its status', async () => {
    for (const path of [
      '/notes',
      '/nothing',
      '/whoami',
      '/notes?bad=1',
      `/notes/${'7'.repeat(2000)}`,
      '/notes/%ff',
      '/livez',
      '/openapi.json',
    ]) {
      const { headers } = await notes.fetch(path)
      expect(headers.get('content-security-policy')).toContain("script-src 'self';")
      expect(headers.get('content-security-policy')).not.toContain('unsafe')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('server')).toBeNull()
    }
  })

  it('ask for TLS only behind TLS', async () => {
    expect((await notes.fetch('/notes')).headers.get('strict-transport-security')).toBeNull()
    const behind = await notes.fetch('/notes', { headers: { 'x-forwarded-proto': 'https' } })
    expect(behind.headers.get('strict-transport-security')).toContain('max-age=')
  })
})

describe('other origins', () => {
  const preflight = (notes: NotesGateway, origin: string): Promise<Response> =>
    notes.fetch('/notes', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
    })

  it('are not let in unless they are named', async () => {
    await using notes = await startNotes()
    expect(
      (await notes.fetch('/notes', { headers: { origin: friend } })).headers.get('access-control-allow-origin'),
    ).toBeNull()
    expect((await preflight(notes, friend)).headers.get('access-control-allow-origin')).toBeNull()
  })

  it('that are named may call, also where the answer is a problem; others may not', async () => {
    await using notes = await startNotes(credentialed)
    for (const path of ['/notes', '/nothing', '/whoami']) {
      const { headers } = await notes.fetch(path, { headers: { origin: friend } })
      expect(headers.get('access-control-allow-origin')).toBe(friend)
      expect(headers.get('access-control-allow-credentials')).toBe('true')
      expect(headers.get('vary')).toContain('Origin')
    }
    // A cache keeps answers apart by all that they depend on.
    const { headers: packed } = await notes.fetch('/openapi.json', {
      headers: { origin: friend, 'accept-encoding': 'gzip' },
    })
    expect(packed.get('content-encoding')).toBe('gzip')
    expect(packed.get('vary')).toBe('Origin, accept-encoding')
    const allowed = await preflight(notes, friend)
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get('access-control-allow-methods')).toContain('POST')
    for (const origin of ['https://evil.test', 'https://friend.test.evil.test', 'null', 'http://friend.test'])
      expect(
        (await notes.fetch('/notes', { headers: { origin } })).headers.get('access-control-allow-origin'),
      ).not.toBe(origin)
  })
})

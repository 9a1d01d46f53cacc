import { createHmac } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { systemPlatform } from '@holon/contract/system-platform'
import { exportSPKI, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { GatewayAuth } from './definition/index.ts'
import { notes as contract } from './fixtures/notes.ts'
import { problemOf } from './fixtures/problem-of.ts'
import { type NotesGateway, startNotes } from './fixtures/start-notes.ts'
import { audience, createKey, issuer, sign, type SigningKey } from './fixtures/tokens.ts'
import { createKeySet } from './key-set.ts'

const auth: GatewayAuth = { issuer, audience, jwks: contract.operations.keys }
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const bearer = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } })

let notes: NotesGateway
let key: SigningKey
beforeAll(async () => {
  notes = await startNotes({ auth })
  key = await createKey('one')
  notes.world.jwks = [key.jwk]
})
afterAll(() => notes[Symbol.asyncDispose]())

async function refused(authorization: string): Promise<string> {
  const response = await notes.fetch('/whoami', { headers: { authorization } })
  const problem = await problemOf(response)
  expect(problem).toMatchObject({ status: 401, code: 'unauthenticated' })
  expect(response.headers.get('www-authenticate')).toBe('Bearer realm="test", error="invalid_token"')
  return problem.detail
}

describe('a bearer token', () => {
  it('that is good makes its claims the identity', async () => {
    const response = await notes.fetch('/whoami', bearer(await sign(key, { role: 'admin', email: 'a@b.c' })))
    expect(response.status).toBe(200)
    const seen = (await response.json()) as { subject: string; claims: Record<string, unknown> }
    expect(seen.subject).toBe('user-1')
    expect(seen.claims).toMatchObject({ role: 'admin', email: 'a@b.c', aud: audience })
    expect(seen.claims).not.toHaveProperty('sub')
  })

  it('is known by its scheme in any case, and accepted for one of several audiences', async () => {
    const token = await sign(key, { aud: ['other', audience] })
    for (const scheme of ['bearer', 'BEARER', 'Bearer '])
      expect((await notes.fetch('/whoami', { headers: { authorization: `${scheme} ${token}` } })).status).toBe(200)
  })

  it('is demanded, asked for or ignored as the operation says', async () => {
    const missing = await notes.fetch('/whoami')
    expect((await problemOf(missing)).status).toBe(401)
    expect(missing.headers.get('www-authenticate')).toBe('Bearer realm="test"')
    const anonymous = await notes.fetch('/maybe')
    expect(await anonymous.json()).toMatchObject({ subject: null })
    const known = await notes.fetch('/maybe', bearer(await sign(key)))
    expect(await known.json()).toMatchObject({ subject: 'user-1' })
    expect((await notes.fetch('/maybe', bearer('bad'))).status).toBe(401)
    expect((await notes.fetch('/notes', bearer('bad'))).status).toBe(200)
  })

  it('is checked before the body is looked at', async () => {
    const response = await notes.fetch('/notes', {
      method: 'POST',
      body: '{ not json',
      headers: { 'content-type': 'application/json' },
    })
    expect((await problemOf(response)).status).toBe(401)
  })
})

describe('an attacker’s token', () => {
  it('of the wrong form is refused', async () => {
    for (const authorization of [
      '',
      'Bearer',
      'Bearer a b',
      'Basic dXNlcjpwYXNz',
      'Bearer a.b',
      'Bearer ..',
      'Bearer é.é.é',
    ])
      await refused(Buffer.from(authorization, 'utf8').toString('latin1'))
  })

  it('without a signature (`alg: none`) is refused', async () => {
    const [, payload = ''] = (await sign(key)).split('.')
    for (const alg of ['none', 'None', 'NONE', '']) {
      await refused(`Bearer ${encode({ alg, kid: 'one' })}.${payload}.`)
      await refused(`Bearer ${encode({ alg, kid: 'one' })}.${payload}.${(await sign(key)).split('.')[2] ?? ''}`)
    }
  })

  it('signed with HMAC, the public key as the secret, is refused', async () => {
    const [, payload = ''] = (await sign(key)).split('.')
    const head = encode({ alg: 'HS256', kid: 'one' })
    const secrets = [await exportSPKI(key.publicKey), JSON.stringify(key.jwk), key.jwk.x ?? '', '']
    for (const secret of secrets) {
      const mac = createHmac('sha256', secret).update(`${head}.${payload}`).digest('base64url')
      await refused(`Bearer ${head}.${payload}.${mac}`)
    }
  })

  it('signed with an algorithm that is not configured is refused, although its key is known', async () => {
    const other = await createKey('es384', 'ES384')
    notes.world.jwks = [key.jwk, other.jwk]
    await using fresh = await startNotes({ auth })
    fresh.world.jwks = [key.jwk, other.jwk]
    expect((await fresh.fetch('/whoami', bearer(await sign(other)))).status).toBe(401)
    expect((await fresh.fetch('/whoami', bearer(await sign(key, {}, { alg: 'ES384' }).catch(() => 'x')))).status).toBe(
      401,
    )
  })

  it('for another audience or from another issuer is refused', async () => {
    expect(await refused(`Bearer ${await sign(key, { aud: 'bank' })}`)).toContain("'aud'")
    expect(await refused(`Bearer ${await sign(key, { aud: undefined })}`)).toContain("'aud'")
    for (const iss of ['https://evil.test', `${issuer}/`, issuer.toUpperCase(), undefined])
      expect(await refused(`Bearer ${await sign(key, { iss })}`)).toContain("'iss'")
  })

  it('that has expired, is not yet valid, or never ends is refused', async () => {
    const now = Math.floor(Date.now() / 1000)
    expect(await refused(`Bearer ${await sign(key, { exp: now - 60 })}`)).toBe('The token has expired.')
    expect(await refused(`Bearer ${await sign(key, { nbf: now + 60 })}`)).toContain("'nbf'")
    expect(await refused(`Bearer ${await sign(key, { exp: undefined })}`)).toContain("'exp'")
    await refused(`Bearer ${await sign(key, { exp: 'never' })}`)
    expect((await notes.fetch('/whoami', bearer(await sign(key, { exp: now - 2 })))).status).toBe(200) // tolerance 5 s
  })

  it('that names nobody is refused', async () => {
    expect(await refused(`Bearer ${await sign(key, { sub: undefined })}`)).toContain("'sub'")
    await refused(`Bearer ${await sign(key, { sub: '' })}`)
    await refused(`Bearer ${await sign(key, { sub: 7 })}`)
  })

  it('that was changed after signing is refused', async () => {
    const [head = '', payload = '', signature = ''] = (await sign(key)).split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
    await refused(`Bearer ${head}.${encode({ ...claims, sub: 'root' })}.${signature}`)
    await refused(`Bearer ${head}.${payload}.${Buffer.alloc(64).toString('base64url')}`)
    await refused(`Bearer ${head}.${payload}.`)
    const flipped = Buffer.from(signature, 'base64url')
    flipped[0] = (flipped[0] ?? 0) ^ 1
    await refused(`Bearer ${head}.${payload}.${flipped.toString('base64url')}`)
  })

  it('signed with a key of the attacker is refused, whatever its header claims or carries', async () => {
    const own = await createKey('one')
    await refused(`Bearer ${await sign(own)}`)
    await refused(`Bearer ${await sign(own, {}, { jwk: own.jwk })}`)
    await refused(`Bearer ${await sign(own, {}, { jku: 'https://evil.test/keys', kid: 'evil' })}`)
    await refused(`Bearer ${await sign(own, {}, { x5u: 'https://evil.test/cert', kid: '../../dev/null' })}`)
  })

  it('with an extension that must be understood (`crit`) is refused', async () => {
    const token = await new SignJWT({
      iss: issuer,
      aud: audience,
      sub: 'user-1',
      exp: Math.floor(Date.now() / 1000) + 60,
    })
      .setProtectedHeader({ alg: 'ES256', kid: 'one', crit: ['exp2'], exp2: 1 })
      .sign(key.privateKey, { crit: { exp2: true } })
    await refused(`Bearer ${token}`)
  })

  it('signed with a symmetric key that stands in the key set is refused', async () => {
    await using fresh = await startNotes({ auth })
    fresh.world.jwks = [{ kty: 'oct', kid: 'mac', k: encode('secret'), alg: 'HS256' }, key.jwk]
    const head = encode({ alg: 'HS256', kid: 'mac' })
    const [, payload = ''] = (await sign(key)).split('.')
    const mac = createHmac('sha256', Buffer.from(encode('secret'), 'base64url'))
      .update(`${head}.${payload}`)
      .digest('base64url')
    expect((await fresh.fetch('/whoami', bearer(`${head}.${payload}.${mac}`))).status).toBe(401)
  })
})

describe('a gateway without auth', () => {
  it('refuses every operation that needs a token, and every token', async () => {
    await using open = await startNotes()
    expect((await open.fetch('/whoami', bearer(await sign(key)))).status).toBe(401)
    expect((await open.fetch('/maybe', bearer(await sign(key)))).status).toBe(401)
    expect((await open.fetch('/maybe')).status).toBe(200)
  })
})

describe('keys', () => {
  /** A platform whose steady clock the test moves. */
  const movable = (): { platform: ReturnType<typeof systemPlatform>; pass(ms: number): void } => {
    const platform = systemPlatform()
    let offset = 0
    return {
      platform: { ...platform, monotonicMs: () => platform.monotonicMs() + offset },
      pass: (ms) => {
        offset += ms
      },
    }
  }
  const statusOf = async (gateway: NotesGateway, token: string): Promise<number> =>
    (await gateway.fetch('/whoami', bearer(token))).status

  it('are fetched once for many requests at the same time', async () => {
    let fetches = 0
    let answer = (_keys: unknown): void => {}
    const load = (): Promise<unknown> => {
      fetches += 1
      return new Promise((resolve) => {
        answer = resolve
      })
    }
    const find = createKeySet(load, systemPlatform())
    const token = { payload: '', signature: '' }
    const found = Array.from({ length: 20 }, async () => find({ alg: 'ES256', kid: 'one' }, token))
    answer({ keys: [key.jwk] })
    expect(await Promise.all(found)).toHaveLength(20)
    expect(fetches).toBe(1)
  })

  it('are fetched again for an unknown key, but an attacker cannot cause a flood of fetches', async () => {
    const { platform, pass } = movable()
    await using fresh = await startNotes({ auth }, { platform })
    fresh.world.jwks = [key.jwk]
    expect(await statusOf(fresh, await sign(key))).toBe(200)
    const next = await createKey('two')
    fresh.world.jwks = [key.jwk, next.jwk]
    pass(6000)
    expect(await statusOf(fresh, await sign(next))).toBe(200)
    expect(fresh.world.keyFetches).toBe(2)
    for (let count = 0; count < 10; count += 1)
      expect(await statusOf(fresh, await sign(key, {}, { kid: `x${count}` }))).toBe(401)
    expect(fresh.world.keyFetches).toBe(2)
  })

  it('stay in use while their source is down; only unknown ones are 503', async () => {
    const { platform, pass } = movable()
    await using fresh = await startNotes({ auth }, { platform })
    fresh.world.jwks = undefined
    const response = await fresh.fetch('/whoami', bearer(await sign(key)))
    expect(response.headers.get('retry-after')).toBe('1')
    expect((await problemOf(response)).status).toBe(503)
    fresh.world.jwks = [key.jwk]
    pass(6000)
    expect(await statusOf(fresh, await sign(key))).toBe(200)
    fresh.world.jwks = undefined
    pass(11 * 60_000)
    expect(await statusOf(fresh, await sign(key))).toBe(200)
    const next = await createKey('two')
    pass(6000)
    expect(await statusOf(fresh, await sign(next))).toBe(503)
    expect(await statusOf(fresh, await sign(next))).toBe(503)
    expect(await statusOf(fresh, await sign(key))).toBe(200)
  })

  it('that were withdrawn stop being accepted after ten minutes', async () => {
    const { platform, pass } = movable()
    await using fresh = await startNotes({ auth }, { platform })
    fresh.world.jwks = [key.jwk]
    expect(await statusOf(fresh, await sign(key))).toBe(200)
    const next = await createKey('two')
    fresh.world.jwks = [next.jwk]
    pass(11 * 60_000)
    await statusOf(fresh, await sign(key)) // starts the fetch
    await expect.poll(async () => statusOf(fresh, await sign(key))).toBe(401)
  })

  it('can come from a URL', async () => {
    let fetches = 0
    const server: Server = createServer((_request, response) => {
      fetches += 1
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key.jwk] }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const jwks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
    await using fresh = await startNotes({ auth: { ...auth, jwks } })
    expect(await statusOf(fresh, await sign(key))).toBe(200)
    expect(await statusOf(fresh, await sign(key))).toBe(200)
    expect(fetches).toBe(1)
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  it.each(['EdDSA', 'RS256'])('may sign with %s by default', async (algorithm) => {
    await using fresh = await startNotes({ auth })
    const other = await createKey('other', algorithm)
    fresh.world.jwks = [other.jwk]
    expect(await statusOf(fresh, await sign(other))).toBe(200)
  })
})

import { postgres, type SqlStore } from 'holon/postgres'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startTestShop, type TestShop } from '../../testing/test-shop.ts'
import type { AccountsDb } from './accounts-db.ts'
import { accounts } from './contract.ts'
import { hashPassword, verifyPassword } from './password.ts'
import { takeSignIn } from './sign-in-allowance.ts'

let shop: TestShop
let store: SqlStore<AccountsDb>
beforeAll(async () => {
  shop = await startTestShop({ only: ['accounts'] })
  store = await shop.openStore('accounts', postgres<AccountsDb>())
})
afterAll(() => shop.close())

const person = (email: string) => ({ email, password: 'correct horse', name: 'Ada' })

describe('sign-up', () => {
  test('takes an email once, however it is spelled, also when two try at the same time', async () => {
    const outcomes = await Promise.allSettled(
      ['ada@example.org', ' ADA@example.org ', 'Ada@Example.Org'].map((email) =>
        shop.client(accounts).signUp(person(email)),
      ),
    )
    const [created, ...others] = outcomes.toSorted((a) => (a.status === 'fulfilled' ? -1 : 1))
    expect(created).toMatchObject({ value: { email: 'ada@example.org', name: 'Ada' } })
    for (const other of others) expect(other).toMatchObject({ reason: { failure: { name: 'emailTaken' } } })
  })

  test.each([
    ['a short password', { password: '1234567' }, ['password']],
    ['no email', { email: 'nobody' }, ['email']],
    ['a password of spaces', { password: '        ' }, ['password']],
    ['an empty name', { name: '   ' }, ['name']],
  ])('with %s is refused, naming the field', async (_what, wrong, path) => {
    const call = shop.client(accounts).signUp({ ...person('bob@example.org'), ...wrong })
    await expect(call).rejects.toMatchObject({ code: 'invalid_argument', issues: [{ path }] })
  })
})

describe('sign-in', () => {
  test('gives a token of twelve hours that the published key verifies', async () => {
    const { id } = await shop.client(accounts).signUp(person('carol@example.org'))
    const { token } = await shop.client(accounts).signIn({ email: 'Carol@example.org', password: 'correct horse' })
    const keys = createLocalJWKSet(await shop.client(accounts).jwks())
    const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer: 'shop', audience: 'shop' })
    expect(payload.sub).toBe(id)
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(12 * 60 * 60)
    expect(protectedHeader.alg).toBe('ES256')
    expect(await shop.client(accounts, id).me()).toEqual({ id, email: 'carol@example.org', name: 'Ada' })
  })

  test('is refused after ten tries for one email, account or not, until time has passed', async () => {
    const { signIn } = shop.client(accounts)
    const right = { email: 'erin@example.org', password: 'correct horse' }
    await shop.client(accounts).signUp(person(right.email))
    for (const email of [right.email, 'no-erin@example.org']) {
      // Before the hash, so that guessing costs the guesser and not the shop. All at once, as a guesser would.
      const taken = await Promise.all(Array.from({ length: 14 }, () => takeSignIn(store, shop.clock.platform, email)))
      expect(taken.filter(Boolean).length).toBe(10)
      await expect(signIn({ ...right, email })).rejects.toMatchObject({ failure: { name: 'tooManyTries' } })
    }
    await shop.clock.forward(31_000)
    expect(await signIn(right)).toHaveProperty('token')
    // Who has signed in has the whole allowance again.
    for (let turn = 0; turn < 10; turn += 1)
      expect(await takeSignIn(store, shop.clock.platform, right.email)).toBe(true)
  })

  test('is possible once the clock is right again that was a month ahead when the tries were used up', async () => {
    const { platform } = shop.clock
    const ahead = { ...platform, now: () => platform.now() + 30 * 24 * 3_600_000 }
    for (let turn = 0; turn < 10; turn += 1) await takeSignIn(store, ahead, 'frank@example.org')
    expect(await takeSignIn(store, ahead, 'frank@example.org')).toBe(false)
    expect(await takeSignIn(store, platform, 'frank@example.org')).toBe(true)
  })

  test('answers the same for a wrong password and for an unknown email', async () => {
    await shop.client(accounts).signUp(person('dan@example.org'))
    const failures = await Promise.all(
      [
        { email: 'dan@example.org', password: 'wrong horse' },
        { email: 'nobody@example.org', password: 'correct horse' },
      ].map((attempt) =>
        shop
          .client(accounts)
          .signIn(attempt)
          .then(
            () => undefined,
            (error: unknown) => JSON.stringify(error),
          ),
      ),
    )
    expect(failures[0]).toContain('wrongCredentials')
    expect(failures[1]).toBe(failures[0])
  })
})

test('the published key has no private part', async () => {
  const { keys } = await shop.client(accounts).jwks()
  expect(keys.map((key) => Object.keys(key).toSorted())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']])
})

test('replicas sign with one key, also when they start at the same time', async () => {
  const empty = await startTestShop({ only: [] })
  try {
    const replicas = await Promise.all([1, 2, 3].map(() => empty.startReplica(['accounts'])))
    const keys = await Promise.all(replicas.map((replica) => replica.client(accounts).jwks()))
    expect(new Set(keys.map((key) => JSON.stringify(key))).size).toBe(1)
  } finally {
    await empty.close()
  }
})

describe('a password', () => {
  test('is stored salted, and in no readable form', async () => {
    const hashes = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])
    expect(hashes[0]).not.toBe(hashes[1])
    expect(hashes[0]).toMatch(/^scrypt\$16384\$8\$5\$/)
    expect(await verifyPassword('correct horse', hashes[0])).toBe(true)
    expect(await verifyPassword('correct horse ', hashes[0])).toBe(false)
  })

  test('fits however Unicode spells it', async () => {
    expect(await verifyPassword('cafe\u0301 crème', await hashPassword('café crème'))).toBe(true)
  })

  test('that nobody has takes as long to refuse as one that somebody has', async () => {
    const stored = await hashPassword('correct horse')
    const timeOf = async (hash: string | undefined): Promise<number> => {
      const start = performance.now()
      await verifyPassword('wrong horse', hash)
      return performance.now() - start
    }
    const [known, unknown] = [await timeOf(stored), await timeOf(undefined)]
    // Wide bounds: both hash, which takes a hundred times longer than not hashing.
    expect(unknown).toBeGreaterThan(known / 5)
  })

  test('is not hashed any more once its caller gave up waiting', async () => {
    const givenUp = AbortSignal.abort(new Error('gave up'))
    await expect(hashPassword('correct horse', givenUp)).rejects.toThrow('gave up')
  })

  test('has to wait its turn, but only so long: a burst beyond that is refused at once', async () => {
    const gaveUp = new AbortController()
    const burst = Array.from({ length: 250 }, () =>
      hashPassword('correct horse', gaveUp.signal).catch((error: unknown) => error),
    )
    gaveUp.abort()
    const refused = (await Promise.all(burst)).filter((outcome) => String(outcome).includes('Too many people'))
    expect(refused.length).toBeGreaterThanOrEqual(40)
  })
})

import { generateKeyPair, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'

import { newPerson } from '../../support/shop-client.ts'
import type { ShopUnderTest } from './shop-api.ts'

export function describeAccounts({ api }: ShopUnderTest): void {
  describe('accounts', () => {
    const body = { email: 'Grace@Example.org', password: 'correct horse', name: 'Grace Hopper' }

    test('are opened once for each email, and signed into', async () => {
      const created = await api()('POST /accounts', { body })
      expect(created).toMatchObject({ status: 201, body: { email: 'grace@example.org', name: 'Grace Hopper' } })
      expect(await api()('POST /accounts', { body })).toMatchObject({ status: 409, body: { failure: 'emailTaken' } })
      const { email, password } = body
      const signedIn = await api()('POST /sign-in', { body: { email, password } })
      expect(signedIn).toMatchObject({ status: 200, body: { token: expect.any(String) as string } })
      const { token } = signedIn.body as { token: string }
      expect(await api()('GET /me', { token })).toMatchObject({ status: 200, body: created.body as object })
    })

    test('refuse a wrong password and an unknown email alike', async () => {
      await api()('POST /accounts', { body: { ...body, email: 'alan@example.org' } })
      const attempts = ['alan@example.org', 'nobody@example.org'].map(async (email) => {
        const { status, body } = await api()('POST /sign-in', { body: { email, password: 'wrong horse' } })
        const { traceId: _, ...rest } = body as { traceId: string }
        return { status, rest }
      })
      const [wrong, unknown] = await Promise.all(attempts)
      expect(wrong).toMatchObject({ status: 401, rest: { failure: 'wrongCredentials' } })
      expect(unknown).toEqual(wrong)
    })

    test('are needed for carts and orders, with a token that the shop itself has signed', async () => {
      const { id } = await newPerson(api())
      const { privateKey } = await generateKeyPair('ES256')
      const forged = await new SignJWT()
        .setProtectedHeader({ alg: 'ES256' })
        .setSubject(id)
        .setIssuer('shop')
        .setAudience('shop')
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey)
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
      const unsigned = `${part({ alg: 'none' })}.${part({ sub: id, iss: 'shop', aud: 'shop', exp: 2 ** 33 })}.`
      for (const token of [undefined, 'nonsense', forged, unsigned]) {
        for (const route of ['GET /me', 'GET /cart', 'GET /orders'] as const) {
          expect((await api()(route, token === undefined ? {} : { token })).status).toBe(401)
        }
      }
    })
  })
}

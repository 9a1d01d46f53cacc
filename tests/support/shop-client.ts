import { randomUUID } from 'node:crypto'

/** An answer of the shop's public API. */
export interface ApiAnswer {
  readonly status: number
  readonly headers: Headers
  /** The parsed JSON; undefined where there is no body. */
  readonly body: unknown
}

export interface ApiRequest {
  readonly token?: string
  readonly body?: unknown
  readonly idempotencyKey?: string
}

export type Api = (route: `${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`, request?: ApiRequest) => Promise<ApiAnswer>

/** Requests as `api('POST /orders', { token, body })`; nothing is repeated. */
export function createApi(url: string): Api {
  return async (route, { token, body, idempotencyKey } = {}) => {
    const [method = 'GET', path = '/'] = route.split(' ')
    const response = await fetch(`${url}/api${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    }
  }
}

export interface Person {
  readonly id: string
  readonly email: string
  readonly token: string
}

/** Opens an account and signs in. */
export async function newPerson(api: Api): Promise<Person> {
  const email = `${randomUUID()}@example.org`
  const password = 'correct horse battery'
  const account = await api('POST /accounts', { body: { email, password, name: 'Ada Lovelace' } })
  const signedIn = await api('POST /sign-in', { body: { email, password } })
  if (account.status !== 201 || signedIn.status !== 200)
    throw new Error(`Sign-up answered ${account.status}, sign-in ${signedIn.status}.`)
  const [{ id }, { token }] = [account.body, signedIn.body] as [{ id: string }, { token: string }]
  return { id, email, token }
}

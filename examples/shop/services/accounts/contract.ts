import { command, defineContract, event, failure, query } from 'holon'
import { z } from 'zod'

/** Hashing a password is slow on purpose, and in a rush people queue for it. */
const patienceMs = 30_000

const Email = z.string().trim().toLowerCase().max(254).check(z.email())
/** The upper bound keeps a giant text from reaching the hash. Spaces count, but are no password by themselves. */
const Password = z.string().min(8).max(200).regex(/\S/, 'must not be only spaces')

export const Account = z.object({ id: z.string(), email: z.string(), name: z.string() })
export type Account = z.output<typeof Account>

/** A public key (RFC 7517), for verifying tokens. */
export const PublicKey = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  kid: z.string(),
  alg: z.literal('ES256'),
  use: z.literal('sig'),
})

export const accounts = defineContract('accounts', {
  description: 'Who the customers are, and the tokens that prove it.',
  operations: {
    signUp: command({
      summary: 'Open an account',
      http: { route: 'POST /accounts', status: 201 },
      auth: 'none',
      timeoutMs: patienceMs,
      input: z.object({ email: Email, password: Password, name: z.string().trim().min(1).max(100) }),
      output: Account,
      errors: { emailTaken: failure('already_exists', undefined, 'There is an account with this email already.') },
    }),
    signIn: command({
      summary: 'Get a token that is good for twelve hours',
      http: 'POST /sign-in',
      auth: 'none',
      timeoutMs: patienceMs,
      input: z.object({ email: Email, password: z.string().max(200) }),
      output: z.object({ token: z.string() }),
      errors: {
        wrongCredentials: failure('unauthenticated', undefined, 'Email or password is wrong.'),
        tooManyTries: failure('resource_exhausted', undefined, 'Too many tries for this email; wait half a minute.'),
      },
    }),
    me: query({ summary: 'The account of the token', http: 'GET /me', auth: 'required', output: Account }),
    jwks: query({
      summary: 'The public keys that verify tokens',
      http: 'GET /.well-known/jwks.json',
      auth: 'none',
      output: z.object({ keys: z.array(PublicKey) }),
    }),
  },
  events: {
    opened: event({
      key: 'accountId',
      description: 'Somebody has become a customer.',
      data: z.object({ accountId: z.string(), email: z.string(), name: z.string() }),
    }),
  },
})

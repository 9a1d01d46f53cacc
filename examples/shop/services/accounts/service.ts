import { defineService, fail, ServiceError } from 'holon'
import { postgres } from 'holon/postgres'

import { accountOf } from '../../shared/account-of.ts'
import { newId } from '../../shared/new-id.ts'
import type { AccountsDb } from './accounts-db.ts'
import { accounts } from './contract.ts'
import { hashPassword, verifyPassword } from './password.ts'
import { forgetFull, giveSignInsBack, takeSignIn } from './sign-in-allowance.ts'
import { ensureSigningKey, loadSigningKey } from './signing-keys.ts'
import { signToken, toPublicKey } from './tokens.ts'

const { signUp, signIn } = accounts.operations

export default defineService(accounts, {
  store: postgres<AccountsDb>({ migrations: new URL('./migrations', import.meta.url) }),
  start: ({ store, platform }) => ensureSigningKey(store, platform),
  operations: {
    async signUp({ email, password, name }, { store, platform, signal }) {
      const account = {
        id: newId(platform, 'account'),
        email,
        name,
        password_hash: await hashPassword(password, signal),
        created_at: new Date(platform.now()),
      }
      // Asking first whether the email is free would leave a gap in which somebody else takes it.
      await store.transaction(async (tx) => {
        const { numInsertedOrUpdatedRows } = await tx
          .insertInto('accounts')
          .values(account)
          .onConflict((conflict) => conflict.column('email').doNothing())
          .executeTakeFirstOrThrow()
        if (numInsertedOrUpdatedRows !== 1n) throw fail(signUp, 'emailTaken')
        await tx.publish(accounts.events.opened, { accountId: account.id, email, name })
      })
      return { id: account.id, email, name }
    },

    async signIn({ email, password }, { store, platform, signal }) {
      if (!(await takeSignIn(store, platform, email))) throw fail(signIn, 'tooManyTries')
      const account = await store
        .selectFrom('accounts')
        .select(['id', 'password_hash'])
        .where('email', '=', email)
        .executeTakeFirst()
      const fits = await verifyPassword(password, account?.password_hash, signal)
      if (!fits || account === undefined) throw fail(signIn, 'wrongCredentials')
      await giveSignInsBack(store, email)
      return { token: await signToken(await loadSigningKey(store), account.id, platform.now()) }
    },

    async me(_input, ctx) {
      const account = await ctx.store
        .selectFrom('accounts')
        .select(['id', 'email', 'name'])
        .where('id', '=', accountOf(ctx))
        .executeTakeFirst()
      if (account === undefined) throw new ServiceError('not_found', 'The account of this token no longer exists.')
      return account
    },

    async jwks(_input, { store }) {
      return { keys: [toPublicKey(await loadSigningKey(store))] }
    },
  },

  schedules: ({ every }) => [every('10m', ({ tx, dueAt }) => forgetFull(tx, dueAt), { name: 'forget-sign-ins' })],
})

import type { Platform } from 'holon'
import type { SqlStore } from 'holon/postgres'

import type { AccountsDb } from './accounts-db.ts'
import { generateSigningKey, type SigningKey } from './tokens.ts'

/** Makes the key on the very first start. Replicas that start together may each make one; the first stored wins. */
export async function ensureSigningKey(store: SqlStore<AccountsDb>, platform: Platform): Promise<void> {
  if ((await findSigningKey(store)) !== undefined) return
  const { keyId, privateJwk } = await generateSigningKey()
  await store
    .insertInto('signing_keys')
    .values({ key_id: keyId, private_jwk: JSON.stringify(privateJwk), created_at: new Date(platform.now()) })
    .onConflict((conflict) => conflict.column('slot').doNothing())
    .execute()
}

export async function loadSigningKey(store: SqlStore<AccountsDb>): Promise<SigningKey> {
  const key = await findSigningKey(store)
  if (key === undefined) throw new Error('There is no signing key, though starting makes one.')
  return key
}

async function findSigningKey(store: SqlStore<AccountsDb>): Promise<SigningKey | undefined> {
  const row = await store.selectFrom('signing_keys').select(['key_id', 'private_jwk']).executeTakeFirst()
  return row && { keyId: row.key_id, privateJwk: row.private_jwk }
}

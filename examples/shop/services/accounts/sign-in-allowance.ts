import type { Platform } from 'holon'
import type { Queries } from 'holon/postgres'
import { sql } from 'kysely'

import type { AccountsDb } from './accounts-db.ts'

/** Whoever types wrongly has ten tries, and another one each half minute: 2,900 guesses a day, whoever makes them. */
const burst = 10
const secondsEach = 30

/**
 * Takes one try from the email's allowance, before the expensive hash. It is a token bucket in the database, so that all
 * replicas count together; also for an email without an account, so that nobody learns whether there is one.
 *
 * It counts the tries of everybody for this email: who floods it keeps its owner out as well, until a try is left again.
 * A bucket for each address besides needs the gateway to tell the address.
 *
 * @returns whether there was one left.
 */
export async function takeSignIn(store: Queries<AccountsDb>, platform: Platform, email: string): Promise<boolean> {
  const now = new Date(platform.now())
  // Either way: what was counted while the clock was ahead must not keep anybody out until that time comes.
  const refilled = sql<number>`least(${burst}, sign_in_allowances.left_over
    + abs(extract(epoch from excluded.counted_at - sign_in_allowances.counted_at)) / ${secondsEach})`
  const taken = await store
    .insertInto('sign_in_allowances')
    .values({ email, left_over: burst - 1, counted_at: now })
    .onConflict((conflict) =>
      conflict
        .column('email')
        .doUpdateSet({ left_over: sql<number>`${refilled} - 1`, counted_at: now })
        .where(refilled, '>=', 1),
    )
    .returning('left_over')
    .executeTakeFirst()
  return taken !== undefined
}

/** Somebody who has signed in is not guessing. */
export async function giveSignInsBack(store: Queries<AccountsDb>, email: string): Promise<void> {
  await store.deleteFrom('sign_in_allowances').where('email', '=', email).execute()
}

/** Forgets allowances that are full again. */
export async function forgetFull(store: Queries<AccountsDb>, dueAt: Date): Promise<void> {
  const full = new Date(dueAt.getTime() - burst * secondsEach * 1_000)
  await store.deleteFrom('sign_in_allowances').where('counted_at', '<', full).execute()
}

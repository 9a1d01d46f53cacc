import type { Platform } from 'holon'
import type { Queries } from 'holon/postgres'

import { newId } from '../../shared/new-id.ts'
import type { Mail } from './contract.ts'
import type { Letter } from './letters.ts'
import type { NotificationsDb } from './notifications-db.ts'

type Store = Queries<NotificationsDb>

/** Sends a mail, which here means: keeps it. Where a real one is sent, `ctx.event.id` is its idempotency key. */
export async function sendMail(
  { tx, platform }: { readonly tx: Store; readonly platform: Platform },
  accountId: string,
  { kind, subject, paragraphs, orderId }: Letter,
): Promise<void> {
  await tx
    .insertInto('mails')
    .values({
      id: newId(platform, 'mail'),
      account_id: accountId,
      kind,
      order_id: orderId ?? null,
      subject,
      paragraphs: JSON.stringify(paragraphs),
      sent_at: new Date(platform.now()),
    })
    .execute()
}

export async function keepRecipient(
  tx: Store,
  { accountId, email, name }: { readonly accountId: string; readonly email: string; readonly name: string },
): Promise<void> {
  await tx
    .insertInto('recipients')
    .values({ account_id: accountId, email, name })
    .onConflict((known) => known.column('account_id').doUpdateSet({ email, name }))
    .execute()
}

/** Mails of one account, newest first, those before `before`; with their numbers, for the next page. */
export async function mailsOf(
  store: Store,
  query: { readonly accountId: string; readonly before: number | undefined; readonly limit: number },
): Promise<{ number: number; mail: Mail }[]> {
  const { accountId, before, limit } = query
  const own = store
    .selectFrom('mails')
    .leftJoin('recipients', 'recipients.account_id', 'mails.account_id')
    .select(['number', 'id', 'kind', 'order_id', 'subject', 'paragraphs', 'sent_at', 'email', 'name'])
    .where('mails.account_id', '=', accountId)
    .orderBy('number', 'desc')
    .limit(limit)
  const rows = await (before === undefined ? own : own.where('number', '<', before)).execute()
  return rows.map((row) => ({ number: row.number, mail: toMail(row) }))
}

/** All mails about orders in pages, oldest first. */
export async function orderMails(
  store: Store,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<{ number: number; kind: Mail['kind']; orderId: string }[]> {
  return store
    .selectFrom('mails')
    .select(['number', 'kind', 'order_id as orderId'])
    .$narrowType<{ orderId: string }>()
    .where('order_id', 'is not', null)
    .where('number', '>', after)
    .orderBy('number')
    .limit(limit)
    .execute()
}

interface MailRow {
  readonly id: string
  readonly kind: Mail['kind']
  readonly order_id: string | null
  readonly subject: string
  readonly paragraphs: readonly string[]
  readonly sent_at: Date
  readonly email: string | null
  readonly name: string | null
}

// The address may come to be known later than the order: events of different services are in no order.
function toMail({ id, kind, order_id, subject, paragraphs, sent_at, email, name }: MailRow): Mail {
  const greeting = name === null ? 'Hello,' : `Hello ${name},`
  const body = [greeting, ...paragraphs].join('\n\n')
  return { id, kind, to: email ?? '', subject, body, orderId: order_id, sentAt: sent_at.toISOString() }
}

import { type EventsOf, fail, ServiceError } from 'holon'
import type { Queries, SqlStore, Tx } from 'holon/postgres'

import { type Payment, payments } from './contract.ts'
import { type ChargeOutcome, chargeAtProvider, reverseAtProvider } from './payment-provider.ts'
import type { PaymentsDb } from './payments-db.ts'
import type { ProviderAccess } from './provider-http.ts'

// requested ──▶ captured │ declined        requested, captured ──▶ refunding ──▶ refunded
//
// The row is written before the provider is asked and after it has answered, never in one transaction with the asking: a
// crash in between leaves `requested` or `refunding`, and the next call, or delivery, with the same order id goes on from
// there. The provider knows charges and reversals by the order's id, so asking once more changes nothing.

type PaymentEvent = EventsOf<typeof payments>

interface PaymentScope {
  readonly store: SqlStore<PaymentsDb, PaymentEvent>
  readonly access: ProviderAccess
}

type ChargeInput = Pick<Payment, 'orderId' | 'amountCents' | 'currency' | 'method'>

export async function charge({ store, access }: PaymentScope, input: ChargeInput): Promise<Payment> {
  const { orderId } = input
  const row = toRow(input, 'requested', access)
  await store
    .insertInto('payments')
    .values(row)
    .onConflict((same) => same.column('order_id').doNothing())
    .execute()
  const known = await loadPayment(store, orderId)
  if (known.status === 'refunding' || known.status === 'refunded') throw refunded()
  if (!isSame(known, row))
    throw new ServiceError('already_exists', `Order ${orderId} has a payment of another amount or method already.`)
  if (known.status !== 'requested') return answer(known)
  const outcome = await chargeAtProvider(access, { reference: orderId, ...input })
  await record(store, { orderId, outcome, now: new Date(access.platform.now()) })
  // What counts is the row, not the outcome: a refund may have come in between.
  return answer(await loadPayment(store, orderId))
}

/** From here on no charge of this order can succeed; the money that the provider may have is to be given back. */
export async function beginRefund(
  tx: Tx<PaymentsDb, PaymentEvent>,
  { orderId, now }: { readonly orderId: string; readonly now: Date },
): Promise<void> {
  // An order that was never charged gets its end too: a charge that is still on its way must not come through later.
  const never = { order_id: orderId, status: 'refunded', amount_cents: 0, currency: 'EUR', method: 'card' } as const
  await tx
    .insertInto('payments')
    .values({ ...never, provider_charge_id: null, decline_reason: null, created_at: now, updated_at: now })
    .onConflict((same) => same.column('order_id').doNothing())
    .execute()
  const { numUpdatedRows } = await tx
    .updateTable('payments')
    .set({ status: 'refunding', updated_at: now })
    .where('order_id', '=', orderId)
    .where('status', 'in', ['requested', 'captured', 'refunding'])
    .executeTakeFirstOrThrow()
  if (numUpdatedRows > 0n) await tx.publish(payments.events.refundRequested, { orderId })
}

/** Gives back what the provider has. */
export async function completeRefund({ store, access }: PaymentScope, orderId: string): Promise<void> {
  await reverseAtProvider(access, orderId)
  await store
    .updateTable('payments')
    .set({ status: 'refunded', updated_at: new Date(access.platform.now()) })
    .where('order_id', '=', orderId)
    .execute()
}

export async function loadPayment(store: Queries<PaymentsDb>, orderId: string): Promise<PaymentsDb['payments']> {
  const row = await store.selectFrom('payments').selectAll().where('order_id', '=', orderId).executeTakeFirst()
  if (row === undefined) throw new ServiceError('not_found', `There is no payment for order ${orderId}.`)
  return row
}

export function toPayment(row: PaymentsDb['payments']): Payment {
  const { order_id, status, amount_cents, currency, method } = row
  return { orderId: order_id, status, amountCents: amount_cents, currency, method }
}

async function record(
  store: PaymentScope['store'],
  { orderId, outcome, now }: { orderId: string; outcome: ChargeOutcome; now: Date },
): Promise<void> {
  const status = ({ captured: 'captured', declined: 'declined', reversed: 'refunded' } as const)[outcome.kind]
  await store.transaction(async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('payments')
      .set({
        status,
        provider_charge_id: outcome.kind === 'reversed' ? null : outcome.chargeId,
        decline_reason: outcome.kind === 'declined' ? outcome.reason : null,
        updated_at: now,
      })
      .where('order_id', '=', orderId)
      .where('status', '=', 'requested')
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return
    if (outcome.kind === 'captured') await tx.publish(payments.events.captured, { orderId })
    if (outcome.kind === 'declined') await tx.publish(payments.events.declined, { orderId, reason: outcome.reason })
  })
}

function answer(row: PaymentsDb['payments']): Payment {
  if (row.status === 'captured') return toPayment(row)
  if (row.status !== 'declined') throw refunded()
  const reason = row.decline_reason ?? 'no reason given'
  throw fail(payments.operations.charge, 'declined', { reason }, `The payment was declined: ${reason}.`)
}

function refunded(): ServiceError {
  return fail(payments.operations.charge, 'refunded')
}

function isSame(a: PaymentsDb['payments'], b: PaymentsDb['payments']): boolean {
  return a.amount_cents === b.amount_cents && a.currency === b.currency && a.method === b.method
}

function toRow(input: ChargeInput, status: Payment['status'], { platform }: ProviderAccess): PaymentsDb['payments'] {
  const now = new Date(platform.now())
  const { orderId, amountCents, currency, method } = input
  const money = { amount_cents: amountCents, currency, method }
  return {
    order_id: orderId,
    status,
    ...money,
    provider_charge_id: null,
    decline_reason: null,
    created_at: now,
    updated_at: now,
  }
}

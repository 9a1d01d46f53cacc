import { fail, ServiceError } from 'holon'
import type { Tx } from 'holon/postgres'

import { inventory, type Line, type Reservation } from './contract.ts'
import type { InventoryDb } from './inventory-db.ts'
import { findShortage, lockStock, moves, moveStock, type Shortage } from './stock.ts'

// held ──commit──▶ committed        held ──time──▶ expired ──reserve──▶ held
//                                                  expired ──commit───▶ committed
// any  ──release─▶ released, the end: what is released can neither be reserved nor committed again.
//
// Each function below is one transaction's work. It locks the reservation first and then its stock, so two calls for
// one order come one after the other, and two orders cannot wait for each other.

export const holdMs = 15 * 60 * 1000

const { reserve, commit } = inventory.operations

export async function reserveLines(
  tx: Tx<InventoryDb>,
  wanted: { readonly orderId: string; readonly lines: readonly Line[]; readonly now: Date },
): Promise<Reservation> {
  const { orderId, now } = wanted
  const lines = merge(wanted.lines)
  const expiresAt = new Date(now.getTime() + holdMs)
  const refuse = (shortage: Shortage): Error => fail(reserve, 'outOfStock', { ...shortage })
  if (await insertReservation(tx, { orderId, status: 'held', expiresAt })) {
    await hold(tx, lines, refuse)
    await tx
      .insertInto('reservation_lines')
      .values(lines.map((line) => toRow(orderId, line)))
      .execute()
    return { orderId, status: 'held', expiresAt: expiresAt.toISOString(), lines }
  }
  const found = await lockReservation(tx, orderId)
  if (found.status === 'released') throw fail(reserve, 'released')
  if (!equal(found.lines, lines))
    throw new ServiceError('already_exists', `Order ${orderId} has a reservation of other goods already.`)
  if (found.status !== 'expired') return found
  await hold(tx, lines, refuse)
  return setStatus(tx, { ...found, expiresAt: expiresAt.toISOString() }, 'held')
}

export async function commitReservation(tx: Tx<InventoryDb>, orderId: string): Promise<Reservation> {
  const found = await lockReservation(tx, orderId)
  if (found.status === 'released') throw fail(commit, 'released')
  if (found.status === 'committed') return found
  if (found.status === 'expired') await hold(tx, found.lines, (shortage) => fail(commit, 'outOfStock', { ...shortage }))
  else await lockStock(tx, found.lines)
  await moveStock(tx, found.lines, moves.sell)
  return setStatus(tx, found, 'committed')
}

export async function releaseReservation(
  tx: Tx<InventoryDb>,
  { orderId, now }: { readonly orderId: string; readonly now: Date },
): Promise<void> {
  // An order that never reserved gets its end too: a reserve call that is still on its way must not come through later.
  if (await insertReservation(tx, { orderId, status: 'released', expiresAt: now })) return
  const found = await lockReservation(tx, orderId)
  await giveBack(tx, found)
  await setStatus(tx, found, 'released')
}

/** Ends one reservation whose time is over. Resolves to false when there is none, or others are ending them. */
export async function expireNext(tx: Tx<InventoryDb>, now: Date): Promise<boolean> {
  const next = await tx
    .selectFrom('reservations')
    .select('order_id')
    .where('status', '=', 'held')
    .where('expires_at', '<=', now)
    .orderBy('expires_at')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  if (next === undefined) return false
  const found = await lockReservation(tx, next.order_id)
  await giveBack(tx, found)
  await setStatus(tx, found, 'expired')
  return true
}

/** All reservations that hold stock now. */
export async function heldReservations(tx: Tx<InventoryDb>): Promise<Reservation[]> {
  const held = await tx.selectFrom('reservations').selectAll().where('status', '=', 'held').execute()
  const lines = await tx
    .selectFrom('reservation_lines')
    .selectAll()
    .where('order_id', 'in', (held) => held.selectFrom('reservations').select('order_id').where('status', '=', 'held'))
    .orderBy('product_id')
    .execute()
  const linesOf = Map.groupBy(lines, (line) => line.order_id)
  return held.map((row) => toReservation(row, linesOf.get(row.order_id) ?? []))
}

async function hold(tx: Tx<InventoryDb>, lines: readonly Line[], refuse: (shortage: Shortage) => Error): Promise<void> {
  const shortage = findShortage(await lockStock(tx, lines), lines)
  if (shortage !== undefined) throw refuse(shortage)
  await moveStock(tx, lines, moves.hold)
}

async function giveBack(tx: Tx<InventoryDb>, { status, lines }: Reservation): Promise<void> {
  if (status !== 'held' && status !== 'committed') return
  await lockStock(tx, lines)
  await moveStock(tx, lines, status === 'held' ? moves.unhold : moves.putBack)
}

/** Resolves to false when the order has a reservation already, waiting for whoever is about to make it. */
async function insertReservation(
  tx: Tx<InventoryDb>,
  { orderId, status, expiresAt }: { orderId: string; status: Reservation['status']; expiresAt: Date },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('reservations')
    .values({ order_id: orderId, status, expires_at: expiresAt })
    .onConflict((conflict) => conflict.column('order_id').doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

async function lockReservation(tx: Tx<InventoryDb>, orderId: string): Promise<Reservation> {
  const row = await tx
    .selectFrom('reservations')
    .selectAll()
    .where('order_id', '=', orderId)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw new ServiceError('not_found', `There is no reservation for order ${orderId}.`)
  const lines = await tx
    .selectFrom('reservation_lines')
    .select(['product_id', 'quantity'])
    .where('order_id', '=', orderId)
    .orderBy('product_id')
    .execute()
  return toReservation(row, lines)
}

async function setStatus(
  tx: Tx<InventoryDb>,
  reservation: Reservation,
  status: Reservation['status'],
): Promise<Reservation> {
  await tx
    .updateTable('reservations')
    .set({ status, expires_at: new Date(reservation.expiresAt) })
    .where('order_id', '=', reservation.orderId)
    .execute()
  return { ...reservation, status }
}

/** One line for each product, in the order in which stock is locked. */
function merge(lines: readonly Line[]): Line[] {
  const byProduct = Map.groupBy(lines, ({ productId }) => productId)
  return [...byProduct]
    .map(([productId, same]) => ({ productId, quantity: same.reduce((sum, { quantity }) => sum + quantity, 0) }))
    .toSorted((a, b) => (a.productId < b.productId ? -1 : 1))
}

function equal(a: readonly Line[], b: readonly Line[]): boolean {
  const text = (lines: readonly Line[]): string => JSON.stringify(merge(lines).map((line) => toRow('', line)))
  return text(a) === text(b)
}

function toRow(order_id: string, { productId, quantity }: Line): InventoryDb['reservation_lines'] {
  return { order_id, product_id: productId, quantity }
}

function toReservation(
  row: InventoryDb['reservations'],
  lines: readonly Omit<InventoryDb['reservation_lines'], 'order_id'>[],
): Reservation {
  return {
    orderId: row.order_id,
    status: row.status,
    expiresAt: row.expires_at.toISOString(),
    lines: lines.map(({ product_id, quantity }) => ({ productId: product_id, quantity })),
  }
}

import { fail, ServiceError } from 'holon'
import type { Queries } from 'holon/postgres'

import { inventory, type Line, type Reservation } from './contract.ts'
import type { InventoryDb, InventoryTx } from './inventory-db.ts'
import { findShortage, lockStock, moves, moveStock, type Shortage } from './stock.ts'

// held ──its order is paid──▶ committed        any ──its order is cancelled──▶ released, the end
//
// There is no time limit: orders sees to it that every order is decided, and only that decision ends a reservation. So
// what a customer has paid for is there.
//
// Each function below is one transaction's work. It locks the reservation first and then its stock, so two for one order
// come one after the other, and two orders cannot wait for each other.

const { reserve } = inventory.operations

export async function reserveLines(
  tx: InventoryTx,
  wanted: { readonly orderId: string; readonly lines: readonly Line[] },
): Promise<Reservation> {
  const { orderId } = wanted
  const lines = merge(wanted.lines)
  if (await insertReservation(tx, { orderId, status: 'held' })) {
    const shortage = findShortage(await lockStock(tx, lines), lines)
    if (shortage !== undefined) throw outOfStock(shortage)
    await moveStock(tx, lines, moves.hold)
    await tx
      .insertInto('reservation_lines')
      .values(lines.map((line) => toRow(orderId, line)))
      .execute()
    return { orderId, status: 'held', lines }
  }
  const found = await lockReservation(tx, orderId)
  if (found.status === 'released') throw fail(reserve, 'released')
  if (!equal(found.lines, lines))
    throw new ServiceError('already_exists', `Order ${orderId} has a reservation of other goods already.`)
  return found
}

/** The order is paid: its goods are sold. */
export async function commitReservation(tx: InventoryTx, orderId: string): Promise<void> {
  const found = await lockReservation(tx, orderId)
  if (found.status === 'released') throw fail(reserve, 'released')
  if (found.status === 'held') {
    await lockStock(tx, found.lines)
    await moveStock(tx, found.lines, moves.sell)
    await setStatus(tx, orderId, 'committed')
  }
  await tx.publish(inventory.events.committed, { orderId })
}

/** The order is cancelled: what was kept or sold is available again. */
export async function releaseReservation(tx: InventoryTx, orderId: string): Promise<void> {
  // An order that never reserved gets its end too: a reserve call that is still on its way must not come through later.
  if (await insertReservation(tx, { orderId, status: 'released' })) return
  const { status, lines } = await lockReservation(tx, orderId)
  if (status === 'released') return
  await lockStock(tx, lines)
  await moveStock(tx, lines, status === 'held' ? moves.unhold : moves.putBack)
  await setStatus(tx, orderId, 'released')
}

/** All reservations that hold stock now. */
export async function heldReservations(tx: Queries<InventoryDb>): Promise<Reservation[]> {
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

/** Resolves to false when the order has a reservation already, waiting for whoever is about to make it. */
async function insertReservation(
  tx: InventoryTx,
  { orderId, status }: Pick<Reservation, 'orderId' | 'status'>,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('reservations')
    .values({ order_id: orderId, status })
    .onConflict((conflict) => conflict.column('order_id').doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

async function lockReservation(tx: InventoryTx, orderId: string): Promise<Reservation> {
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

async function setStatus(tx: InventoryTx, orderId: string, status: Reservation['status']): Promise<void> {
  await tx.updateTable('reservations').set({ status }).where('order_id', '=', orderId).execute()
}

function outOfStock(shortage: Shortage): ServiceError {
  return fail(reserve, 'outOfStock', { ...shortage })
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
    lines: lines.map(({ product_id, quantity }) => ({ productId: product_id, quantity })),
  }
}

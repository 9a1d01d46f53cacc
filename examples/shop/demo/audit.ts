import type { Books } from './books.ts'

/** One thing that must be true of the books. */
export interface Finding {
  readonly invariant: string
  /** Of how many things it was checked. */
  readonly checked: number
  /** A sentence for each of which it is not true. */
  readonly broken: readonly string[]
}

/** Compares what the services have written down. */
export function auditBooks(books: Books, nowMs: number): Finding[] {
  return [checkStock(books), checkPayments(books), checkCharges(books), checkHeld(books, nowMs), checkSettled(books)]
}

type BookedOrder = Books['orders'][number]

const isSold = ({ status }: BookedOrder): boolean => status === 'paid' || status === 'shipped'

function checkStock({ stock, orders, held }: Books): Finding {
  const sold = sumByProduct(orders.filter(isSold))
  const reserved = sumByProduct(held)
  const broken = stock.flatMap(({ productId, atStart, onHand, reserved: kept }) => {
    const [gone, claimed] = [sold.get(productId) ?? 0, reserved.get(productId) ?? 0]
    return [
      ...(gone + onHand === atStart
        ? []
        : [`${productId}: ${gone} sold + ${onHand} left, but ${atStart} at the start`]),
      ...(kept === claimed ? [] : [`${productId}: ${kept} are kept, but reservations hold ${claimed}`]),
    ]
  })
  return { invariant: 'stock sold + stock left = stock at start', checked: stock.length, broken }
}

function checkPayments({ orders, charges }: Books): Finding {
  const captured = Map.groupBy(
    charges.filter(({ state }) => state === 'captured'),
    ({ orderId }) => orderId,
  )
  const paid = orders.filter(isSold)
  const broken = paid.flatMap(({ id, totalCents }) => {
    const amounts = (captured.get(id) ?? []).map(({ amountCents }) => amountCents)
    return amounts.length === 1 && amounts[0] === totalCents
      ? []
      : [`${id}: its total is ${totalCents}, the provider has taken ${amounts.join(' and ') || 'nothing'}`]
  })
  return { invariant: 'every paid order was charged its total, once', checked: paid.length, broken }
}

function checkCharges({ orders, charges }: Books): Finding {
  const orderById = new Map(orders.map((order) => [order.id, order]))
  const captured = charges.filter(({ state }) => state === 'captured')
  const broken = captured.flatMap(({ orderId, amountCents }) => {
    const order = orderById.get(orderId)
    return order !== undefined && isSold(order)
      ? []
      : [`${orderId}: ${amountCents} were taken, but the order is ${order?.status ?? 'unknown'}`]
  })
  return { invariant: 'every captured payment has its paid order', checked: captured.length, broken }
}

function checkHeld({ orders, held }: Books, nowMs: number): Finding {
  const status = new Map(orders.map((order) => [order.id, order.status]))
  const broken = held.flatMap(({ orderId, expiresAt }) => {
    if (status.get(orderId) !== 'pending') return [`${orderId} is ${status.get(orderId) ?? 'unknown'}, and keeps goods`]
    return Date.parse(expiresAt) > nowMs ? [] : [`${orderId} keeps goods since ${expiresAt}`]
  })
  return { invariant: 'only pending orders keep goods, and not for ever', checked: held.length, broken }
}

function checkSettled({ orders }: Books): Finding {
  const broken = orders
    .filter(({ settled }) => !settled)
    .map(({ id, status }) => `${id} is ${status}, with steps to go`)
  return { invariant: 'every order has come to its end', checked: orders.length, broken }
}

function sumByProduct(
  claims: readonly { readonly lines: readonly { readonly productId: string; readonly quantity: number }[] }[],
): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { productId, quantity } of claims.flatMap(({ lines }) => lines))
    sums.set(productId, (sums.get(productId) ?? 0) + quantity)
  return sums
}

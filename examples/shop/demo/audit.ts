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
export function auditBooks(books: Books): Finding[] {
  return [
    checkStock(books),
    checkPayments(books),
    checkCharges(books),
    checkHeld(books),
    checkDecided(books),
    checkParcels(books),
    checkMails(books),
    checkShownStock(books),
    checkGivenUp(books),
  ]
}

type BookedOrder = Books['orders'][number]

const isSold = ({ status }: BookedOrder): boolean => status !== 'pending' && status !== 'cancelled'

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

function checkHeld({ orders, held }: Books): Finding {
  const status = new Map(orders.map((order) => [order.id, order.status]))
  const broken = held
    .filter(({ orderId }) => status.get(orderId) !== 'pending')
    .map(({ orderId }) => `${orderId} is ${status.get(orderId) ?? 'unknown'}, and keeps goods`)
  return { invariant: 'only pending orders keep goods', checked: held.length, broken }
}

function checkDecided({ orders }: Books): Finding {
  const broken = orders.filter(({ status }) => status === 'pending').map(({ id }) => `${id} is still pending`)
  return { invariant: 'every order is decided', checked: orders.length, broken }
}

function checkParcels({ orders, parcels }: Books): Finding {
  const broken = onePerSoldOrder(orders, parcels, 'parcel')
  return { invariant: 'every paid order has one parcel, and no other has any', checked: parcels.length, broken }
}

function checkMails({ orders, mails }: Books): Finding {
  const confirmations = mails.filter(({ kind }) => kind === 'confirmation')
  const broken = onePerSoldOrder(orders, confirmations, 'confirmation')
  return { invariant: 'every paid order has one confirmation, and no other', checked: confirmations.length, broken }
}

function onePerSoldOrder(
  orders: readonly BookedOrder[],
  things: readonly { readonly orderId: string }[],
  what: string,
): string[] {
  const counts = new Map<string, number>()
  for (const { orderId } of things) counts.set(orderId, (counts.get(orderId) ?? 0) + 1)
  const wrong = orders.flatMap((order) => {
    const [count, due] = [counts.get(order.id) ?? 0, isSold(order) ? 1 : 0]
    return count === due ? [] : [`${order.id} is ${order.status}, and has ${count} ${what}s`]
  })
  const known = new Set(orders.map(({ id }) => id))
  const unknown = [...counts.keys()].filter((id) => !known.has(id)).map((id) => `${id} has a ${what}, and is unknown`)
  return [...wrong, ...unknown]
}

function checkShownStock({ stock, shown }: Books): Finding {
  const broken = stock.flatMap(({ productId, onHand, reserved }) => {
    const [available, known] = [onHand - reserved, shown.get(productId)]
    return known === available ? [] : [`${productId}: the catalog shows ${known ?? 'nothing'}, there are ${available}`]
  })
  return { invariant: "the catalog shows inventory's stock", checked: stock.length, broken }
}

function checkGivenUp({ givenUp }: Books): Finding {
  const broken = givenUp.map(({ subscription, topic, key }) => `${subscription} has given up ${topic} of ${key}`)
  return { invariant: 'no event was given up', checked: givenUp.length, broken }
}

function sumByProduct(
  claims: readonly { readonly lines: readonly { readonly productId: string; readonly quantity: number }[] }[],
): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { productId, quantity } of claims.flatMap(({ lines }) => lines))
    sums.set(productId, (sums.get(productId) ?? 0) + quantity)
  return sums
}

import type { Operation, OutputOf } from 'holon'

import type { Product } from '../services/catalog/contract.ts'
import type { inventory } from '../services/inventory/contract.ts'
import type { notifications } from '../services/notifications/contract.ts'
import type { orders } from '../services/orders/contract.ts'
import type { payments } from '../services/payments/contract.ts'
import type { shipping } from '../services/shipping/contract.ts'
import { callService, type GivenUp, listGivenUp, type ShopData } from './holon-command.ts'

type AuditOf<C extends { readonly operations: { readonly audit: Operation } }> =
  C['operations']['audit'] extends Operation<infer D> ? OutputOf<D['output']> : never

/** What the services have written down, each for itself. */
export interface Books {
  readonly stock: AuditOf<typeof inventory>['stock']
  readonly held: AuditOf<typeof inventory>['held']
  readonly orders: AuditOf<typeof orders>['orders']
  readonly charges: AuditOf<typeof payments>['charges']
  readonly parcels: AuditOf<typeof shipping>['parcels']
  readonly mails: AuditOf<typeof notifications>['mails']
  /** Events that a service could not handle. */
  readonly givenUp: readonly GivenUp[]
  /** The stock that the catalog shows, by product. */
  readonly shown: ReadonlyMap<string, number | null>
}

/** Reads the books of all services. They are read one after another, so they only agree once nothing moves. */
export async function readBooks(data: ShopData): Promise<Books> {
  const { stock, held } = await callService<AuditOf<typeof inventory>>('inventory.audit', {}, data)
  const placed = await readPages<AuditOf<typeof orders>>('orders.audit', data)
  const charged = await readPages<AuditOf<typeof payments>>('payments.audit', data)
  const sent = await readPages<AuditOf<typeof shipping>>('shipping.audit', data)
  const written = await readPages<AuditOf<typeof notifications>>('notifications.audit', data)
  return {
    stock,
    held,
    orders: placed.flatMap((page) => page.orders),
    charges: charged.flatMap((page) => page.charges),
    parcels: sent.flatMap((page) => page.parcels),
    mails: written.flatMap((page) => page.mails),
    givenUp: await listGivenUp(data),
    shown: await readShown(
      stock.map(({ productId }) => productId),
      data,
    ),
  }
}

/** Calls until there is no further page. */
async function readPages<Page extends { readonly next: string | number | null }>(
  operation: string,
  data: ShopData,
): Promise<Page[]> {
  const pages: Page[] = []
  for (let after: string | number | null | undefined; after !== null;) {
    const page = await callService<Page>(operation, after === undefined ? {} : { after }, data)
    pages.push(page)
    after = page.next
  }
  return pages
}

async function readShown(productIds: readonly string[], data: ShopData): Promise<Map<string, number | null>> {
  const ids = productIds.slice(0, 500)
  const { items } = await callService<{ items: Product[] }>('catalog.byIds', { ids }, data)
  return new Map(items.map(({ id, stock }) => [id, stock]))
}

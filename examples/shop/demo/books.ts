import type { Operation, OutputOf } from 'holon'

import type { inventory } from '../services/inventory/contract.ts'
import type { orders } from '../services/orders/contract.ts'
import type { payments } from '../services/payments/contract.ts'
import { callService, type ShopData } from './holon-command.ts'

type AuditOf<C extends { readonly operations: { readonly audit: Operation } }> =
  C['operations']['audit'] extends Operation<infer D> ? OutputOf<D['output']> : never

/** What the services have written down, each for itself. */
export interface Books {
  readonly stock: AuditOf<typeof inventory>['stock']
  readonly held: AuditOf<typeof inventory>['held']
  readonly orders: AuditOf<typeof orders>['orders']
  readonly charges: AuditOf<typeof payments>['charges']
}

/** Reads the books of all services. They are read one after another, so they only agree once nothing moves. */
export async function readBooks(data: ShopData): Promise<Books> {
  const { stock, held } = (await callService('inventory.audit', {}, data)) as AuditOf<typeof inventory>
  const placed: Books['orders'][number][] = []
  for (let after: string | null = ''; after !== null;) {
    const page = (await callService('orders.audit', { after }, data)) as AuditOf<typeof orders>
    placed.push(...page.orders)
    after = page.next
  }
  const charges: Books['charges'][number][] = []
  for (let after: string | null = ''; after !== null;) {
    const page = (await callService('payments.audit', { after }, data)) as AuditOf<typeof payments>
    charges.push(...page.charges)
    after = page.next
  }
  return { stock, held, orders: placed, charges }
}

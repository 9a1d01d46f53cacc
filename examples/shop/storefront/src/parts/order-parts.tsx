import { Link } from 'react-router'

import type { Order, OrderLine, OrderStatus } from '../api/answers.ts'
import { Price } from './price.tsx'

const statusWords: Record<OrderStatus, string> = {
  pending: 'Payment in progress',
  paid: 'Paid',
  packed: 'Packed',
  shipped: 'Shipped',
  delivered: 'Delivered',
  cancelled: 'Cancelled',
}

export function StatusBadge({ status }: { status: OrderStatus }) {
  return <span className={`status status-${status}`}>{statusWords[status]}</span>
}

export function OrderLines({ order }: { order: Order }) {
  return (
    <section className="panel" aria-labelledby="order-items">
      <h2 id="order-items">Items</h2>
      <ul className="order-lines">
        {order.items.map((line) => (
          <OrderLineRow key={line.productId} line={line} currency={order.currency} />
        ))}
      </ul>
      <p className="total-row">
        <span>Total</span>
        <Price cents={order.totalCents} currency={order.currency} />
      </p>
    </section>
  )
}

function OrderLineRow({ line, currency }: { line: OrderLine; currency: string }) {
  return (
    <li className="order-line">
      <img src={line.imageUrl} alt="" width="72" height="72" />
      <div>
        <Link to={`/products/${encodeURIComponent(line.productId)}`}>{line.name}</Link>
        <p className="muted">
          {line.quantity} × <Price cents={line.unitCents} currency={currency} />
        </p>
      </div>
      <Price cents={line.unitCents * line.quantity} currency={currency} />
    </li>
  )
}

const dateFormat = new Intl.DateTimeFormat('en-IE', { dateStyle: 'long' })

export function formatDate(iso: string): string {
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? '' : dateFormat.format(date)
}

const momentFormat = new Intl.DateTimeFormat('en-IE', { dateStyle: 'medium', timeStyle: 'short' })

/** Day and time. */
export function formatMoment(iso: string): string {
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? '' : momentFormat.format(date)
}

/** The end of an order's id, short enough to read out on the telephone. */
export function orderNumber(order: { id: string }): string {
  return order.id.replaceAll('-', '').slice(-8).toUpperCase()
}

import { Link } from 'react-router'

import type { Order } from '../api/answers.ts'
import { formatDate, OrderLines, orderNumber, StatusBadge } from '../parts/order-parts.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { OrderLoader } from './order-loader.tsx'
import { OrderProgress } from './order-progress.tsx'

export function OrderPage() {
  return <OrderLoader>{(order) => <OrderView order={order} />}</OrderLoader>
}

function OrderView({ order }: { order: Order }) {
  return (
    <>
      <nav className="breadcrumb" aria-label="Breadcrumb">
        <Link to="/orders">Your orders</Link>
      </nav>
      <header className="list-head">
        <div>
          <PageTitle>{`Order ${orderNumber(order)}`}</PageTitle>
          <p className="muted">Placed on {formatDate(order.createdAt)}</p>
        </div>
        <p aria-live="polite">
          <StatusBadge status={order.status} />
        </p>
      </header>
      <div className="stack">
        <OrderProgress key={order.id} order={order} />
        <OrderLines order={order} />
      </div>
    </>
  )
}

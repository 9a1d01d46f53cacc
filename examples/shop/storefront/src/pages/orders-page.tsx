import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from 'react-router'

import type { Order } from '../api/answers.ts'
import { ordersQuery } from '../api/queries.ts'
import { EmptyState } from '../parts/notice.tsx'
import { formatDate, orderNumber, StatusBadge } from '../parts/order-parts.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { PagedList } from '../parts/paged-list.tsx'
import { Price } from '../parts/price.tsx'
import { LinesSkeleton } from '../parts/skeleton.tsx'

export function OrdersPage() {
  return (
    <div className="page">
      <PageTitle>Your orders</PageTitle>
      <PagedList
        list={useInfiniteQuery(ordersQuery())}
        what="your orders"
        skeleton={<LinesSkeleton count={3} />}
        loadMore="Load earlier orders"
      >
        {(orders) => <OrderList orders={orders} />}
      </PagedList>
    </div>
  )
}

function OrderList({ orders }: { orders: Order[] }) {
  if (orders.length === 0) {
    return (
      <EmptyState title="No orders yet" action={{ to: '/search', label: 'Browse everything' }}>
        What you order will be listed here.
      </EmptyState>
    )
  }
  return (
    <ul className="orders" aria-label="Orders">
      {orders.map((order) => (
        <OrderRow key={order.id} order={order} />
      ))}
    </ul>
  )
}

function OrderRow({ order }: { order: Order }) {
  return (
    <li className="panel order-row">
      <div className="order-pictures" aria-hidden="true">
        {order.items.slice(0, 4).map((line) => (
          <img key={line.productId} src={line.imageUrl} alt="" width="64" height="64" />
        ))}
      </div>
      <div>
        <Link to={`/orders/${encodeURIComponent(order.id)}`}>Order {orderNumber(order)}</Link>
        <p className="muted">{formatDate(order.createdAt)}</p>
      </div>
      <StatusBadge status={order.status} />
      <Price cents={order.totalCents} currency={order.currency} />
    </li>
  )
}

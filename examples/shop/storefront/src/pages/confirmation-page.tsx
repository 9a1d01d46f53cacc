import { Link } from 'react-router'

import type { Order, OrderStatus } from '../api/answers.ts'
import { Icon } from '../parts/icon.tsx'
import { OrderLines, orderNumber } from '../parts/order-parts.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { OrderLoader } from './order-loader.tsx'
import { OrderProgress } from './order-progress.tsx'

const titles: Record<OrderStatus, string> = {
  pending: 'Thank you for your order',
  paid: 'Thank you for your order',
  packed: 'Thank you for your order',
  shipped: 'Thank you for your order',
  delivered: 'Thank you for your order',
  cancelled: 'Your order was cancelled',
}

export function ConfirmationPage() {
  return <OrderLoader>{(order) => <Confirmation order={order} />}</OrderLoader>
}

function Confirmation({ order }: { order: Order }) {
  const cancelled = order.status === 'cancelled'
  return (
    <>
      <header className="confirmation">
        <span className={cancelled ? 'seal seal-sad' : 'seal'}>
          <Icon name={cancelled ? 'warning' : 'check'} />
        </span>
        <PageTitle>{titles[order.status]}</PageTitle>
        <p className="lead">
          Order number <strong>{orderNumber(order)}</strong>
        </p>
      </header>
      <div className="stack">
        <OrderProgress key={order.id} order={order} />
        <OrderLines order={order} />
        <p className="button-row">
          <Link className="button button-primary" to={cancelled ? '/cart' : '/'}>
            {cancelled ? 'Back to your cart' : 'Continue shopping'}
          </Link>
          <Link className="button" to="/orders">
            All your orders
          </Link>
          <Link className="button" to="/mails">
            Your mails
          </Link>
        </p>
      </div>
    </>
  )
}

import type { Order, OrderStatus, OrderStep } from '../api/answers.ts'
import { Icon, type IconName } from '../parts/icon.tsx'
import { formatMoment } from '../parts/order-parts.tsx'
import { type FollowedOrder, useOrderSteps } from './use-order-steps.ts'

const sentences: Record<OrderStatus, string> = {
  pending: 'We are waiting for the payment to go through.',
  paid: 'Your payment has arrived and we are packing your order.',
  packed: 'Your parcel is packed and waits for the carrier.',
  shipped: 'Your order is on its way to you.',
  delivered: 'Your order has arrived. Enjoy it!',
  cancelled: 'This order was cancelled. You have not been charged.',
}

type Station = Exclude<OrderStatus, 'cancelled'>

const stations: { status: Station; name: string; icon: IconName }[] = [
  { status: 'pending', name: 'Placed', icon: 'receipt' },
  { status: 'paid', name: 'Paid', icon: 'card' },
  { status: 'packed', name: 'Packed', icon: 'box' },
  { status: 'shipped', name: 'Shipped', icon: 'truck' },
  { status: 'delivered', name: 'Delivered', icon: 'house' },
]

/** How far the order has come, in words and as a line of stations; follows the order while it is shown. */
export function OrderProgress({ order }: { order: Order }) {
  const followed = useOrderSteps(order.id)
  const trackingCode = followed.steps.findLast((step) => step.trackingCode !== null)?.trackingCode
  return (
    <section className="panel progress" aria-label="Progress">
      <p className="progress-head">
        <output>{sentences[order.status]}</output>
        <Liveness of={followed} status={order.status} />
      </p>
      {order.status !== 'cancelled' && <Timeline status={order.status} steps={followed.steps} />}
      {trackingCode && (
        <p className="tracking muted">
          Tracking code <strong>{trackingCode}</strong>
        </p>
      )}
    </section>
  )
}

function Timeline({ status, steps }: { status: Station; steps: OrderStep[] }) {
  const reached = stations.findIndex((station) => station.status === status)
  return (
    <ol className="timeline" aria-label="Stations of your order">
      {stations.map((station, index) => (
        <li
          key={station.status}
          data-state={index <= reached ? 'done' : index === reached + 1 ? 'next' : 'later'}
          aria-current={index === reached ? 'step' : undefined}
        >
          <span className="station">
            <Icon name={station.icon} />
          </span>
          <span className="station-name">{station.name}</span>
          <StationTime at={steps.find((step) => step.status === station.status)?.at} />
          <span className="visually-hidden">{index <= reached ? '(done)' : '(not yet)'}</span>
        </li>
      ))}
    </ol>
  )
}

function StationTime({ at }: { at: string | undefined }) {
  if (at === undefined) return null
  return (
    <time className="station-time" dateTime={at}>
      {formatMoment(at)}
    </time>
  )
}

/** Whether what is shown is up to date. Says nothing once no more can come. */
function Liveness({ of: { connection }, status }: { of: FollowedOrder; status: OrderStatus }) {
  if (connection === 'lost') return <span className="liveness liveness-lost">Connection lost, trying again…</span>
  if (connection !== 'live' || status === 'delivered' || status === 'cancelled') return null
  return <span className="liveness">Live</span>
}

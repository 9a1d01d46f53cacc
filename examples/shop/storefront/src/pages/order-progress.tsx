import type { Order, OrderStatus } from '../api/shapes.ts'

const sentences: Record<OrderStatus, string> = {
  pending: 'We are waiting for the payment to go through. This page updates by itself.',
  paid: 'Your payment has arrived and we are packing your order.',
  shipped: 'Your order is on its way.',
  cancelled: 'This order was cancelled. You have not been charged.',
}

const steps = ['Placed', 'Paid', 'Shipped'] as const

const stepsDone: Record<OrderStatus, number> = { pending: 1, paid: 2, shipped: 3, cancelled: 0 }

/** How far the order has come, in words and as a line of steps. */
export function OrderProgress({ order, onCheck }: { order: Order; onCheck: () => void }) {
  const done = stepsDone[order.status]
  return (
    <section className="panel progress" aria-label="Progress">
      {order.status !== 'cancelled' && (
        <ol className="steps">
          {steps.map((step, index) => (
            <li key={step} data-done={index < done} aria-current={index === done - 1 ? 'step' : undefined}>
              {step}
            </li>
          ))}
        </ol>
      )}
      <output className="block">{sentences[order.status]}</output>
      {order.status === 'pending' && (
        <button type="button" className="link-button" onClick={onCheck}>
          Check now
        </button>
      )}
    </section>
  )
}

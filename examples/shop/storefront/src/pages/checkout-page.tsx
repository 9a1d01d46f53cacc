import { orders } from '@shop/app/services/orders/contract.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { isFailure } from 'holon/client'
import { useState, type ReactNode } from 'react'
import { Link, useNavigate } from 'react-router'

import type { Cart, PaymentMethod } from '../api/answers.ts'
import { toProblem } from '../api/problem.ts'
import { useCart } from '../cart/use-cart.ts'
import { checkoutKey } from '../checkout-key.ts'
import { EmptyState, ProblemNotice } from '../parts/notice.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { Price } from '../parts/price.tsx'
import { LinesSkeleton, Loading } from '../parts/skeleton.tsx'
import { shop } from '../shop.ts'
import { PaymentChoice } from './payment-choice.tsx'

export function CheckoutPage() {
  const cart = useCart()
  return (
    <div className="page">
      <PageTitle>Checkout</PageTitle>
      {cart.isPending && (
        <>
          <Loading what="your cart" />
          <LinesSkeleton count={3} />
        </>
      )}
      {cart.isError && !cart.data && (
        <ProblemNotice error={cart.error} onRetry={() => void cart.refetch()} retrying={cart.isFetching} />
      )}
      {cart.data && <CheckoutView cart={cart.data} />}
    </div>
  )
}

function CheckoutView({ cart }: { cart: Cart }) {
  const [method, setMethod] = useState<PaymentMethod>('card')
  const order = usePlaceOrder()
  if (cart.items.length === 0 && !order.isPending && !order.isSuccess) {
    return (
      <EmptyState title="There is nothing to pay for" action={{ to: '/search', label: 'Browse everything' }}>
        Your cart is empty.
      </EmptyState>
    )
  }
  const place = (): void => order.mutate(method)
  return (
    <form
      className="two-columns"
      onSubmit={(event) => {
        event.preventDefault()
        place()
      }}
    >
      <PaymentChoice value={method} onChange={setMethod} disabled={order.isPending} />
      <CheckoutSummary cart={cart} busy={order.isPending || order.isSuccess}>
        {order.isError && <CheckoutProblem error={order.error} onRetry={place} />}
      </CheckoutSummary>
    </form>
  )
}

/** Only what may pass by itself can be tried again as it is; for the rest the cart or the payment must change first. */
function CheckoutProblem({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const { kind } = toProblem(error)
  const { place } = orders.operations
  return (
    <>
      <ProblemNotice error={error} {...(kind === 'unavailable' && { onRetry })} />
      {(isFailure(error, place, 'outOfStock') || isFailure(error, place, 'cartEmpty')) && (
        <p>
          <Link to="/cart">Change your cart</Link>
        </p>
      )}
    </>
  )
}

function CheckoutSummary({ cart, busy, children }: { cart: Cart; busy: boolean; children: ReactNode }) {
  return (
    <section className="panel summary" aria-labelledby="summary-title">
      <h2 id="summary-title">Your order</h2>
      <ul className="mini-lines">
        {cart.items.map((line) => (
          <li key={line.productId}>
            <img src={line.imageUrl} alt="" width="48" height="48" />
            <span>
              {line.name} <span className="muted">× {line.quantity}</span>
            </span>
            <Price cents={line.lineCents} currency={cart.currency} />
          </li>
        ))}
      </ul>
      <p className="total-row">
        <span>Total</span>
        <Price cents={cart.totalCents} currency={cart.currency} />
      </p>
      {children}
      <button type="submit" className="button button-primary button-large button-wide" disabled={busy}>
        {busy ? 'Placing your order…' : 'Place order'}
      </button>
      <p className="muted small">This is a demonstration: no money moves.</p>
    </section>
  )
}

function usePlaceOrder() {
  const client = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: (method: PaymentMethod) =>
      shop.orders.place({ paymentMethod: method }, { idempotencyKey: checkoutKey.current() }),
    onSuccess: async (order) => {
      checkoutKey.forget()
      client.setQueryData(['order', order.id], order)
      // The shop empties the cart a moment after the order: this visitor need not see that.
      await client.cancelQueries({ queryKey: ['cart'] })
      client.setQueryData(['cart'], (cart: Cart | undefined) => cart && { ...cart, items: [], totalCents: 0 })
      await navigate(`/orders/${encodeURIComponent(order.id)}/confirmation`, { replace: true })
    },
    onError: async (error) => {
      // Without a clear answer the order may exist: the same key asks for that one again. A refusal ends the attempt.
      if (toProblem(error).kind !== 'unavailable') checkoutKey.forget()
      await client.invalidateQueries({ queryKey: ['cart'] })
    },
  })
}

import { mostOfOne } from '@shop/app/services/cart/contract.ts'
import { Link } from 'react-router'

import type { Cart, CartLine } from '../api/answers.ts'
import { countItems } from '../cart/cart-lines.ts'
import { useCart, useChangeCart } from '../cart/use-cart.ts'
import { Icon } from '../parts/icon.tsx'
import { EmptyState, ProblemNotice } from '../parts/notice.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { Price } from '../parts/price.tsx'
import { QuantityPicker } from '../parts/quantity-picker.tsx'
import { LinesSkeleton, Loading } from '../parts/skeleton.tsx'

export function CartPage() {
  const cart = useCart()
  return (
    <div className="page">
      <PageTitle>Your cart</PageTitle>
      {cart.isPending && (
        <>
          <Loading what="your cart" />
          <LinesSkeleton count={3} />
        </>
      )}
      {cart.isError && !cart.data && (
        <ProblemNotice error={cart.error} onRetry={() => void cart.refetch()} retrying={cart.isFetching} />
      )}
      {cart.data && <CartView cart={cart.data} />}
    </div>
  )
}

function CartView({ cart }: { cart: Cart }) {
  const change = useChangeCart()
  if (cart.items.length === 0) {
    return (
      <EmptyState title="Your cart is empty" action={{ to: '/search', label: 'Browse everything' }}>
        Whatever you add will wait for you here.
      </EmptyState>
    )
  }
  return (
    <>
      {change.isError && <ProblemNotice error={change.error} />}
      <div className="two-columns">
        <ul className="cart-lines" aria-label="Items in your cart">
          {cart.items.map((line) => (
            <CartRow
              key={line.productId}
              line={line}
              currency={cart.currency}
              onChange={(quantity) => change.mutate({ productId: line.productId, name: line.name, quantity })}
            />
          ))}
        </ul>
        <CartSummary cart={cart} />
      </div>
    </>
  )
}

interface CartRowProps {
  line: CartLine
  currency: string
  onChange: (quantity: number) => void
}

function CartRow({ line, currency, onChange }: CartRowProps) {
  return (
    <li className="cart-row">
      <img src={line.imageUrl} alt="" width="112" height="112" />
      <div className="cart-row-text">
        <Link to={`/products/${encodeURIComponent(line.productId)}`}>{line.name}</Link>
        <p className="muted">
          <Price cents={line.unitCents} currency={currency} /> each
        </p>
        {line.stock !== null && line.quantity > line.stock && (
          <p className="stock stock-low">
            {line.stock < 1 ? 'Sold out' : `Only ${line.stock} left`}: please change this line
          </p>
        )}
      </div>
      <QuantityPicker of={line.name} value={line.quantity} max={line.stock ?? mostOfOne} onChange={onChange} />
      <span className="cart-row-total">
        <Price cents={line.lineCents} currency={currency} />
      </span>
      <button type="button" className="icon-button" aria-label={`Remove ${line.name}`} onClick={() => onChange(0)}>
        <Icon name="trash" />
      </button>
    </li>
  )
}

function CartSummary({ cart }: { cart: Cart }) {
  const count = countItems(cart)
  return (
    <section className="panel summary" aria-labelledby="summary-title">
      <h2 id="summary-title">Summary</h2>
      <p className="sum-row">
        <span>
          {count} {count === 1 ? 'item' : 'items'}
        </span>
        <Price cents={cart.totalCents} currency={cart.currency} />
      </p>
      <p className="sum-row">
        <span>Delivery</span>
        <span>Free</span>
      </p>
      <p className="total-row">
        <span>Total</span>
        <Price cents={cart.totalCents} currency={cart.currency} />
      </p>
      <Link className="button button-primary button-large button-wide" to="/checkout">
        Go to checkout
      </Link>
    </section>
  )
}

import { useLocation, useNavigate } from 'react-router'

import type { Product } from '../api/answers.ts'
import { toProblem } from '../api/problem.ts'
import { useAnnounce } from '../parts/announcer.tsx'
import { Icon } from '../parts/icon.tsx'
import { session, useSession } from '../session.ts'
import { signInPath } from '../sign-in-path.ts'
import { useAddToCart } from './use-cart.ts'

interface AddToCartButtonProps {
  product: Product
  quantity?: number
  compact?: boolean
}

/** Adds a product; a visitor who is signed out signs in first and finds it in the cart afterwards. */
export function AddToCartButton({ product, quantity = 1, compact = false }: AddToCartButtonProps) {
  const add = useAdding(product, quantity)
  if (product.stock === 0) return compact ? null : <SoldOutButton />
  const label = `Add ${product.name} to cart`
  if (compact) {
    return (
      <button type="button" className="round-button" aria-label={label} onClick={add.run} disabled={add.pending}>
        <Icon name={add.done ? 'check' : 'plus'} />
      </button>
    )
  }
  return (
    <button type="button" className="button button-primary button-large" onClick={add.run} disabled={add.pending}>
      <Icon name="cart" />
      {add.pending ? 'Adding…' : 'Add to cart'}
    </button>
  )
}

function SoldOutButton() {
  return (
    <button type="button" className="button button-large" disabled>
      Sold out
    </button>
  )
}

function useAdding(product: Product, quantity: number) {
  const { token } = useSession()
  const navigate = useNavigate()
  const location = useLocation()
  const announce = useAnnounce()
  const mutation = useAddToCart()
  const signIn = (): void => {
    const next = location.pathname + location.search
    void navigate(signInPath({ next, add: { productId: product.id, quantity } }))
  }
  const run = (): void => {
    if (token === null) return signIn()
    mutation.mutate(
      { productId: product.id, name: product.name, quantity },
      { onError: (error) => (session.get().token === null ? signIn() : announce(toProblem(error).detail)) },
    )
  }
  return { run, pending: mutation.isPending, done: mutation.isSuccess }
}

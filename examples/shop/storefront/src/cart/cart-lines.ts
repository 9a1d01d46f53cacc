import type { Cart } from '../api/answers.ts'

export interface CartChange {
  productId: string
  name: string
  /** The wanted quantity; 0 removes the line. */
  quantity: number
}

/** The cart after a change, as the shop will compute it. */
export function withQuantity(cart: Cart, { productId, quantity }: CartChange): Cart {
  const items = cart.items
    .map((line) => (line.productId === productId ? { ...line, quantity, lineCents: quantity * line.unitCents } : line))
    .filter((line) => line.quantity > 0)
  return { ...cart, items, totalCents: items.reduce((sum, line) => sum + line.lineCents, 0) }
}

export function countItems(cart: Cart | undefined): number {
  return cart?.items.reduce((sum, line) => sum + line.quantity, 0) ?? 0
}

import { command, defineContract, failure, query } from 'holon'
import { z } from 'zod'

import { Cents, Currency } from '../../shared/money.ts'

const ProductId = z.string().min(1).max(64)

/** How many of one product a cart may hold, and how many different products. */
export const mostOfOne = 99
export const mostLines = 50

const Quantity = z.int().min(1).max(mostOfOne)

export const CartItem = z.object({
  productId: ProductId,
  name: z.string(),
  imageUrl: z.string(),
  quantity: Quantity,
  unitCents: Cents,
  lineCents: z.int().min(0),
  /** How many can be bought now; null while nobody knows. */
  stock: z.int().min(0).nullable(),
})

export const Cart = z.object({ items: z.array(CartItem), totalCents: z.int().min(0), currency: Currency })
export type Cart = z.output<typeof Cart>
/** A cart at the moment of the checkout. */
export type CheckoutCart = Cart & { readonly version: number }

export const cart = defineContract('cart', {
  description: 'What each customer is about to buy. Names and prices are those of this moment.',
  operations: {
    get: query({ summary: 'The cart', http: 'GET /cart', auth: 'required', output: Cart }),
    setItem: command({
      summary: 'Put this many of a product into the cart',
      http: 'PUT /cart/items/{productId}',
      input: z.object({ productId: ProductId, quantity: Quantity }),
      output: Cart,
      errors: {
        cartFull: failure('failed_precondition', undefined, `A cart holds at most ${mostLines} different products.`),
      },
    }),
    removeItem: command({
      summary: 'Take a product out of the cart',
      http: 'DELETE /cart/items/{productId}',
      input: z.object({ productId: ProductId }),
      output: Cart,
    }),
    /** For the orders service. */
    checkout: query({
      summary: 'The cart as it is to be ordered, and its version, which changes with every change of the cart',
      output: Cart.extend({ version: z.int().min(0) }),
      auth: 'required',
    }),
  },
})

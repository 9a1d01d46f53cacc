import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'

import { cartQuery } from '../api/queries.ts'
import { useAnnounce } from '../parts/announcer.tsx'
import { useSession } from '../session.ts'
import { shop } from '../shop.ts'
import { withQuantity, type CartChange } from './cart-lines.ts'

export function useCart() {
  const { token } = useSession()
  return useQuery(cartQuery(token !== null))
}

// One scope: quick clicks reach the shop one after another, in the order they were made.
const scope = { id: 'cart' }
const mutationKey = ['cart']

/** Puts more of a product into the cart. */
export async function addToCart(client: QueryClient, productId: string, quantity: number): Promise<void> {
  const cart = await client.query({ ...cartQuery(), staleTime: 0 })
  const before = cart.items.find((line) => line.productId === productId)?.quantity ?? 0
  await shop.cart.setItem({ productId, quantity: before + quantity })
  await client.invalidateQueries({ queryKey: ['cart'] })
}

export function useAddToCart() {
  const client = useQueryClient()
  const announce = useAnnounce()
  return useMutation({
    scope,
    mutationKey,
    mutationFn: (item: CartChange) => addToCart(client, item.productId, item.quantity),
    onSuccess: (_, item) => announce(`Added to your cart: ${item.quantity} × ${item.name}`),
  })
}

/** Changes a line at once on the page, and back again if the shop refuses. */
export function useChangeCart() {
  const client = useQueryClient()
  const announce = useAnnounce()
  const key = cartQuery().queryKey
  return useMutation({
    scope,
    mutationKey,
    mutationFn: ({ productId, quantity }: CartChange) =>
      quantity > 0 ? shop.cart.setItem({ productId, quantity }) : shop.cart.removeItem({ productId }),
    onMutate: async (change) => {
      await client.cancelQueries({ queryKey: key })
      const before = client.getQueryData(key)
      client.setQueryData(key, (cart) => cart && withQuantity(cart, change))
      return { before }
    },
    onSuccess: (_, { name, quantity }) =>
      announce(quantity > 0 ? `${name}: quantity is now ${quantity}` : `Removed from your cart: ${name}`),
    onError: (_error, _change, kept) => client.setQueryData(key, kept?.before),
    // The answer of the shop would undo, for a moment, the clicks that are still on their way: only the last one asks.
    onSettled: async () => {
      if (client.isMutating({ mutationKey }) === 1) await client.invalidateQueries({ queryKey: key })
    },
  })
}

import { QueryClient } from '@tanstack/react-query'

import { createShopClients, type ShopClients } from './api/clients.ts'
import { session } from './session.ts'

/** The page's clients of the shop. */
export const shop: ShopClients = createShopClients({ token: () => session.get().token, onExpired: session.expire })

/** Server state. The clients repeat what may pass by itself; nothing is gained by repeating that. */
export const queryClient: QueryClient = new QueryClient({
  defaultOptions: { queries: { staleTime: 30_000, retry: false }, mutations: { retry: false } },
})

// What one visitor saw is not for the next one on the same machine.
let visitor = session.get().token
session.subscribe(() => {
  const { token } = session.get()
  if (token === visitor) return
  visitor = token
  for (const key of ['me', 'cart', 'orders', 'order', 'mails']) queryClient.removeQueries({ queryKey: [key] })
  void queryClient.invalidateQueries({ queryKey: ['home'] })
})

import { QueryClient } from '@tanstack/react-query'

import { createClient, type ShopClient } from './api/client.ts'
import { toProblem } from './api/problem.ts'
import { session } from './session.ts'

/** The one API client of the page. */
export const shop: ShopClient = createClient({ token: () => session.get().token, onExpired: session.expire })

/** Server state: two more attempts for what may pass by itself, none for what was refused. */
export const queryClient: QueryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (failures, error) => failures < 2 && toProblem(error).kind === 'unavailable',
      retryDelay: (attempt) => Math.min(400 * 2 ** attempt, 2_000),
    },
    mutations: { retry: false },
  },
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

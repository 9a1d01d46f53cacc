import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearchParams } from 'react-router'

import { toProblem } from '../api/problem.ts'
import { addToCart } from '../cart/use-cart.ts'
import { useAnnounce } from '../parts/announcer.tsx'
import { session } from '../session.ts'
import { parseAfterSignIn, type AfterSignIn } from '../sign-in-path.ts'

/** Takes up what the visitor was doing before signing in. */
export function useAfterSignIn(): { intent: AfterSignIn; complete: (token: string) => Promise<void> } {
  const [search] = useSearchParams()
  const intent = parseAfterSignIn(search)
  const client = useQueryClient()
  const announce = useAnnounce()
  const navigate = useNavigate()
  const complete = async (token: string): Promise<void> => {
    session.signIn(token)
    announce(intent.add ? await addWanted(intent.add) : 'You are signed in.')
    await navigate(intent.next, { replace: true })
  }
  // The visitor is signed in, whether or not the product can be had: say it and go on.
  const addWanted = async ({ productId, quantity }: { productId: string; quantity: number }): Promise<string> => {
    try {
      await addToCart(client, productId, quantity)
      return 'You are signed in and it is in your cart.'
    } catch (error) {
      return toProblem(error).detail
    }
  }
  return { intent, complete }
}

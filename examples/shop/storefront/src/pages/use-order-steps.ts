import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

import type { OrderStep } from '../api/answers.ts'
import { toProblem } from '../api/problem.ts'
import { orderQuery } from '../api/queries.ts'
import { shop } from '../shop.ts'

const firstPauseMs = 500
const longestPauseMs = 8_000

export interface FollowedOrder {
  steps: OrderStep[]
  /** `ended`: no further step can come. */
  connection: 'connecting' | 'live' | 'lost' | 'ended'
}

const unknown: FollowedOrder = { steps: [], connection: 'connecting' }

/**
 * Follows an order for as long as the page shows it, and connects again whenever the connection is lost. Give the
 * component that calls it the order's id as its `key`: another order begins anew.
 */
export function useOrderSteps(id: string): FollowedOrder {
  const client = useQueryClient()
  const [followed, setFollowed] = useState(unknown)
  useEffect(() => {
    const gone = new AbortController()
    const onStep = (step: OrderStep): void => {
      setFollowed((before) => ({ connection: 'live', steps: withStep(before.steps, step) }))
      client.setQueryData(orderQuery(id).queryKey, (order) => order && { ...order, status: step.status })
    }
    const onConnection = (connection: FollowedOrder['connection']): void =>
      setFollowed((before) => ({ ...before, connection }))
    void follow({ id, signal: gone.signal, onStep, onConnection })
    return () => gone.abort()
  }, [id, client])
  return followed
}

interface Following {
  id: string
  signal: AbortSignal
  onStep: (step: OrderStep) => void
  onConnection: (connection: FollowedOrder['connection']) => void
}

async function follow({ id, signal, onStep, onConnection }: Following): Promise<void> {
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      for await (const step of shop.orders.follow({ id }, { signal })) {
        failures = 0
        if (!signal.aborted) onStep(step)
      }
      return onConnection('ended')
    } catch (error) {
      if (signal.aborted) return
      // Signed out, or no such order: the page says so; asking again would not help.
      if (toProblem(error).kind !== 'unavailable') return onConnection('ended')
      onConnection('lost')
    }
    await pauseBefore(failures, signal)
  }
}

/** Each connection begins with the first step again: what is known already changes nothing. */
function withStep(steps: OrderStep[], step: OrderStep): OrderStep[] {
  return [...steps.filter(({ status }) => status !== step.status), step]
}

/** Longer each time, and with jitter; over at once when the browser says that it is online again. */
function pauseBefore(failures: number, signal: AbortSignal): Promise<void> {
  const pauseMs = Math.min(firstPauseMs * 2 ** failures, longestPauseMs) * (0.5 + Math.random() / 2)
  return new Promise((resolve) => {
    const over = new AbortController()
    const end = (): void => {
      clearTimeout(timer)
      over.abort()
      resolve()
    }
    const timer = setTimeout(end, pauseMs)
    globalThis.addEventListener('online', end, { signal: over.signal })
    signal.addEventListener('abort', end, { signal: over.signal })
  })
}

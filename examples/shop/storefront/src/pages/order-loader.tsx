import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useParams } from 'react-router'

import type { Order } from '../api/answers.ts'
import { toProblem } from '../api/problem.ts'
import { orderQuery } from '../api/queries.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { LinesSkeleton, Loading } from '../parts/skeleton.tsx'
import { NotFoundPage } from './not-found-page.tsx'

interface OrderLoaderProps {
  children: (order: Order) => ReactNode
}

/** Loads the order that the address names. */
export function OrderLoader({ children }: OrderLoaderProps) {
  const { id = '' } = useParams()
  const order = useQuery(orderQuery(id))
  const again = (): void => void order.refetch()
  if (order.data) return <div className="page">{children(order.data)}</div>
  if (order.isError && toProblem(order.error).kind === 'not-found') return <NotFoundPage />
  return (
    <div className="page">
      <PageTitle>Order</PageTitle>
      {order.isError ? (
        <ProblemNotice error={order.error} onRetry={again} retrying={order.isFetching} />
      ) : (
        <>
          <Loading what="your order" />
          <LinesSkeleton count={4} />
        </>
      )}
    </div>
  )
}

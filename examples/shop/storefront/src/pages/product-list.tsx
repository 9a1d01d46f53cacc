import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { productsQuery } from '../api/queries.ts'
import type { Product } from '../api/shapes.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { ProductGrid } from '../parts/product-card.tsx'
import { Loading, ProductGridSkeleton } from '../parts/skeleton.tsx'

interface ProductListProps {
  query?: string
  category?: string
  /** Shown when nothing matches. */
  empty: ReactNode
}

/** The products that match, a page at a time. */
export function ProductList({ query = '', category = '', empty }: ProductListProps) {
  const list = useInfiniteQuery(productsQuery({ query, category }))
  if (list.isPending) {
    return (
      <>
        <Loading what="products" />
        <ProductGridSkeleton count={12} />
      </>
    )
  }
  const products = list.data?.pages.flatMap((page) => page.items) ?? []
  const retry = (): void => void (products.length > 0 ? list.fetchNextPage() : list.refetch())
  return (
    <>
      {list.data && (products.length === 0 ? empty : <ProductGrid products={unique(products)} />)}
      {list.isError && <ProblemNotice error={list.error} onRetry={retry} retrying={list.isFetching} />}
      {list.hasNextPage && !list.isError && (
        <p className="load-more">
          <button
            type="button"
            className="button button-large"
            disabled={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            {list.isFetchingNextPage ? 'Loading…' : 'Load more products'}
          </button>
        </p>
      )}
      <output className="visually-hidden">{products.length > 0 && `${products.length} products shown`}</output>
    </>
  )
}

// A catalogue that changes between two pages may repeat a product.
function unique(products: Product[]): Product[] {
  return [...new Map(products.map((product) => [product.id, product])).values()]
}

import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import type { Product } from '../api/answers.ts'
import { productsQuery } from '../api/queries.ts'
import { PagedList } from '../parts/paged-list.tsx'
import { ProductGrid } from '../parts/product-card.tsx'
import { ProductGridSkeleton } from '../parts/skeleton.tsx'

interface ProductListProps {
  query?: string
  category?: string
  /** Shown when nothing matches. */
  empty: ReactNode
}

/** The products that match, a page at a time. */
export function ProductList({ query = '', category = '', empty }: ProductListProps) {
  return (
    <PagedList
      list={useInfiniteQuery(productsQuery({ query, category }))}
      what="products"
      skeleton={<ProductGridSkeleton count={12} />}
      loadMore="Load more products"
      large
    >
      {(products) => (
        <>
          {products.length === 0 ? empty : <ProductGrid products={unique(products)} />}
          <output className="visually-hidden">{products.length > 0 && `${products.length} products shown`}</output>
        </>
      )}
    </PagedList>
  )
}

// A catalogue that changes between two pages may repeat a product.
function unique(products: Product[]): Product[] {
  return [...new Map(products.map((product) => [product.id, product])).values()]
}

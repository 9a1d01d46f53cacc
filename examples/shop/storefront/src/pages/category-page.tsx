import { useQuery } from '@tanstack/react-query'
import { useParams } from 'react-router'

import { categoriesQuery } from '../api/queries.ts'
import { EmptyState } from '../parts/notice.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { ProductList } from './product-list.tsx'

export function CategoryPage() {
  const { id = '' } = useParams()
  const { data } = useQuery(categoriesQuery())
  const category = data?.items.find((candidate) => candidate.id === id)
  return (
    <div className="page">
      <header className="list-head">
        <PageTitle>{category?.name ?? 'Category'}</PageTitle>
        {category && <p className="muted">{category.count} products</p>}
      </header>
      <ProductList
        category={id}
        empty={
          <EmptyState title="Nothing on this shelf" action={{ to: '/search', label: 'Browse everything' }}>
            There are no products in this category at the moment.
          </EmptyState>
        }
      />
    </div>
  )
}

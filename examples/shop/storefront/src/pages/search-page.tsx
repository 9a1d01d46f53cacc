import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'

import { categoriesQuery } from '../api/queries.ts'
import { EmptyState } from '../parts/notice.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { ProductList } from './product-list.tsx'

/** `/search?query=&category=`: all the state is in the address. */
export function SearchPage() {
  const [search] = useSearchParams()
  const query = search.get('query')?.trim() ?? ''
  const category = search.get('category') ?? ''
  return (
    <div className="page">
      <header className="list-head">
        <PageTitle>{query === '' ? 'Everything' : `Results for “${query}”`}</PageTitle>
        <CategoryFilter />
      </header>
      <ProductList
        query={query}
        category={category}
        empty={
          <EmptyState title="Nothing found" action={{ to: '/search', label: 'Browse everything' }}>
            No product matches “{query}”. Try a shorter or a more general word.
          </EmptyState>
        }
      />
    </div>
  )
}

function CategoryFilter() {
  const [search, setSearch] = useSearchParams()
  const { data } = useQuery(categoriesQuery())
  const choose = (category: string): void => {
    setSearch((before) => {
      const next = new URLSearchParams(before)
      if (category === '') next.delete('category')
      else next.set('category', category)
      return next
    })
  }
  return (
    <label className="inline-field">
      <span>Category</span>
      <select value={search.get('category') ?? ''} onChange={(event) => choose(event.target.value)}>
        <option value="">All categories</option>
        {data?.items.map((category) => (
          <option key={category.id} value={category.id}>
            {category.name}
          </option>
        ))}
      </select>
    </label>
  )
}

import { useState } from 'react'
import { useLocation, useNavigate, useSearchParams } from 'react-router'

import { Icon } from '../parts/icon.tsx'

/** Leads to `/search?query=…`; shows the query of the page it is on. */
export function SearchForm() {
  const { pathname } = useLocation()
  const [search] = useSearchParams()
  const current = pathname === '/search' ? (search.get('query') ?? '') : ''
  return (
    <search className="search">
      <SearchFields key={current} current={current} />
    </search>
  )
}

function SearchFields({ current }: { current: string }) {
  const navigate = useNavigate()
  const [query, setQuery] = useState(current)
  const submit = (): void => {
    const wanted = query.trim()
    void navigate(wanted === '' ? '/search' : `/search?${new URLSearchParams({ query: wanted })}`)
  }
  return (
    <form
      action="/search"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <input
        type="search"
        name="query"
        aria-label="Search products"
        placeholder="Search for mugs, tents, crime novels…"
        autoComplete="off"
        maxLength={100}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
      />
      <button type="submit" aria-label="Search">
        <Icon name="search" />
      </button>
    </form>
  )
}

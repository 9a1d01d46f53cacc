import { useEffect, useState, type FormEvent } from 'react'
import { useLocation, useNavigate, useSearchParams } from 'react-router'

import { Icon } from '../parts/icon.tsx'

/** Leads to `/search?query=…`; shows the query of the page it is on. */
export function SearchForm() {
  const navigate = useNavigate()
  const { pathname } = useLocation()
  const [search] = useSearchParams()
  const current = pathname === '/search' ? (search.get('query') ?? '') : ''
  const [query, setQuery] = useState(current)
  useEffect(() => setQuery(current), [current])
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const wanted = query.trim()
    void navigate(wanted === '' ? '/search' : `/search?${new URLSearchParams({ query: wanted })}`)
  }
  return (
    <form className="search" role="search" action="/search" onSubmit={submit}>
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

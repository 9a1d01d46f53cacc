import { useQuery } from '@tanstack/react-query'
import { NavLink } from 'react-router'

import { categoriesQuery } from '../api/queries.ts'

/** One line of categories that scrolls sideways where it does not fit. The pages work without it. */
export function CategoryNav() {
  const { data } = useQuery(categoriesQuery())
  return (
    <nav className="category-nav" aria-label="Categories">
      <ul>
        <li>
          <NavLink to="/search" end>
            Everything
          </NavLink>
        </li>
        {data?.items.map((category) => (
          <li key={category.id}>
            <NavLink to={`/categories/${encodeURIComponent(category.id)}`}>{category.name}</NavLink>
          </li>
        ))}
      </ul>
    </nav>
  )
}

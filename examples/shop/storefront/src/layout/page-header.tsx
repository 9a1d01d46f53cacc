import { Link } from 'react-router'

import { countItems } from '../cart/cart-lines.ts'
import { useCart } from '../cart/use-cart.ts'
import { Icon } from '../parts/icon.tsx'
import { useSession } from '../session.ts'
import { AccountMenu } from './account-menu.tsx'
import { CategoryNav } from './category-nav.tsx'
import { SearchForm } from './search-form.tsx'

export function PageHeader() {
  return (
    <header className="page-header">
      <div className="header-row">
        <Link className="brand" to="/" aria-label="Fern & Fable, home">
          <BrandMark />
          <span>Fern &amp; Fable</span>
        </Link>
        <SearchForm />
        <div className="header-actions">
          <AccountLink />
          <CartLink />
        </div>
      </div>
      <CategoryNav />
    </header>
  )
}

function AccountLink() {
  const { token } = useSession()
  if (token !== null) return <AccountMenu />
  return (
    <Link className="header-link" to="/sign-in" aria-label="Sign in">
      <Icon name="user" />
      <span className="header-label">Sign in</span>
    </Link>
  )
}

function CartLink() {
  const { data } = useCart()
  const count = countItems(data)
  return (
    <Link className="header-link" to="/cart" aria-label={`Cart, ${count} ${count === 1 ? 'item' : 'items'}`}>
      <Icon name="cart" />
      <span className="header-label">Cart</span>
      {count > 0 && (
        <span className="cart-count" key={count}>
          {count}
        </span>
      )}
    </Link>
  )
}

function BrandMark() {
  return (
    <svg className="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
      <path className="brand-leaf" d="M7 25C6 13 13 6 26 6c0 13-6 19-16 18" />
      <path className="brand-vein" d="M5 28c3-8 8-13 14-16M12 19l6-.500M15 15.500l.500-5" />
    </svg>
  )
}

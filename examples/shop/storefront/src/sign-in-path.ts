/** What happens after signing in: where to go, and what to put into the cart on the way. */
export interface AfterSignIn {
  next: string
  add?: { productId: string; quantity: number }
}

/** The address of the sign-in page that carries the visitor's intention, so that it survives a reload. */
export function signInPath(after: AfterSignIn, page: 'sign-in' | 'sign-up' = 'sign-in'): string {
  const search = new URLSearchParams()
  if (after.next !== '/') search.set('next', after.next)
  if (after.add) {
    search.set('add', after.add.productId)
    search.set('quantity', String(after.add.quantity))
  }
  return search.size === 0 ? `/${page}` : `/${page}?${search}`
}

/** Reads the intention back. Only paths of this shop are followed. */
export function parseAfterSignIn(search: URLSearchParams): AfterSignIn {
  const next = ownPath(search.get('next') ?? '/')
  const productId = search.get('add')
  if (productId === null || productId === '') return { next }
  const quantity = Number.parseInt(search.get('quantity') ?? '1', 10)
  return { next, add: { productId, quantity: quantity > 0 ? quantity : 1 } }
}

function ownPath(path: string): string {
  const origin = 'http://shop.invalid'
  if (!path.startsWith('/') || !URL.canParse(path, origin)) return '/'
  const url = new URL(path, origin)
  return url.origin === origin ? url.pathname + url.search : '/'
}

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { shop } from '../shop.ts'

// The type is that of the further pages' cursors.
const firstPage = undefined as string | undefined

/** The input field that asks for a further page. */
const after = (cursor: string | undefined): { cursor?: string } => (cursor === undefined ? {} : { cursor })

export const homeQuery = () =>
  queryOptions({ queryKey: ['home'], queryFn: ({ signal }) => shop.web.home(undefined, { signal }) })

export const categoriesQuery = () =>
  queryOptions({
    queryKey: ['categories'],
    queryFn: ({ signal }) => shop.catalog.categories(undefined, { signal }),
    staleTime: 5 * 60_000,
  })

export const productsQuery = (filter: { query: string; category: string }) =>
  infiniteQueryOptions({
    queryKey: ['products', filter],
    queryFn: ({ pageParam, signal }) => shop.catalog.list({ limit: 24, ...filter, ...after(pageParam) }, { signal }),
    initialPageParam: firstPage,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  })

export const productPageQuery = (id: string) =>
  queryOptions({ queryKey: ['product', id], queryFn: ({ signal }) => shop.web.productPage({ id }, { signal }) })

export const meQuery = (signedIn: boolean) =>
  queryOptions({
    queryKey: ['me'],
    queryFn: ({ signal }) => shop.accounts.me(undefined, { signal }),
    enabled: signedIn,
    staleTime: Infinity,
  })

export const cartQuery = (signedIn: boolean = true) =>
  queryOptions({
    queryKey: ['cart'],
    queryFn: ({ signal }) => shop.cart.get(undefined, { signal }),
    enabled: signedIn,
    // Prices and stock move: a page that shows the cart asks again.
    staleTime: 0,
  })

export const ordersQuery = () =>
  infiniteQueryOptions({
    queryKey: ['orders'],
    queryFn: ({ pageParam, signal }) => shop.orders.list({ limit: 10, ...after(pageParam) }, { signal }),
    initialPageParam: firstPage,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    staleTime: 0,
  })

export const orderQuery = (id: string) =>
  queryOptions({ queryKey: ['order', id], queryFn: ({ signal }) => shop.orders.get({ id }, { signal }), staleTime: 0 })

export const mailsQuery = () =>
  infiniteQueryOptions({
    queryKey: ['mails'],
    queryFn: ({ pageParam, signal }) => shop.notifications.list({ limit: 10, ...after(pageParam) }, { signal }),
    initialPageParam: firstPage,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    staleTime: 0,
    // Mail comes when it comes: whoever waits for one looks at this page.
    refetchInterval: 4_000,
  })

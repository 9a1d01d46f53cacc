import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { shop } from '../shop.ts'

// The type is that of the further pages' cursors.
const firstPage = undefined as string | undefined

export const homeQuery = () => queryOptions({ queryKey: ['home'], queryFn: ({ signal }) => shop.home(signal) })

export const categoriesQuery = () =>
  queryOptions({
    queryKey: ['categories'],
    queryFn: ({ signal }) => shop.categories(signal),
    staleTime: 5 * 60_000,
  })

export const productsQuery = (filter: { query: string; category: string }) =>
  infiniteQueryOptions({
    queryKey: ['products', filter],
    queryFn: ({ pageParam, signal }) => shop.products({ ...filter, cursor: pageParam }, signal),
    initialPageParam: firstPage,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  })

export const productPageQuery = (id: string) =>
  queryOptions({ queryKey: ['product', id], queryFn: ({ signal }) => shop.productPage(id, signal) })

export const meQuery = (signedIn: boolean) =>
  queryOptions({
    queryKey: ['me'],
    queryFn: ({ signal }) => shop.me(signal),
    enabled: signedIn,
    staleTime: Infinity,
  })

export const cartQuery = (signedIn: boolean = true) =>
  queryOptions({
    queryKey: ['cart'],
    queryFn: ({ signal }) => shop.cart(signal),
    enabled: signedIn,
    // Prices and stock move: a page that shows the cart asks again.
    staleTime: 0,
  })

export const ordersQuery = () =>
  infiniteQueryOptions({
    queryKey: ['orders'],
    queryFn: ({ pageParam, signal }) => shop.orders(pageParam, signal),
    initialPageParam: firstPage,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    staleTime: 0,
  })

export const orderQuery = (id: string) =>
  queryOptions({ queryKey: ['order', id], queryFn: ({ signal }) => shop.order(id, signal), staleTime: 0 })

export const mailsQuery = () =>
  infiniteQueryOptions({
    queryKey: ['mails'],
    queryFn: ({ pageParam, signal }) => shop.mails(pageParam, signal),
    initialPageParam: firstPage,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    staleTime: 0,
    // Mail comes when it comes: whoever waits for one looks at this page.
    refetchInterval: 4_000,
  })

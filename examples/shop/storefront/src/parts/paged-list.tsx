import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { ProblemNotice } from './notice.tsx'
import { Loading } from './skeleton.tsx'

interface PagedListProps<Item> {
  list: UseInfiniteQueryResult<InfiniteData<{ items: Item[] }>>
  /** What is in the list, as in `your orders`. */
  what: string
  /** Stands in for the first page until it is there. */
  skeleton: ReactNode
  /** On the button that loads the next page. */
  loadMore: string
  large?: boolean
  children: (items: Item[]) => ReactNode
}

/** A list that is loaded a page at a time. What is shown already stays when a further page fails. */
export function PagedList<Item>({ list, what, skeleton, loadMore, large, children }: PagedListProps<Item>) {
  const items = list.data?.pages.flatMap((page) => page.items) ?? []
  const retry = (): void => void (items.length > 0 ? list.fetchNextPage() : list.refetch())
  return (
    <>
      {list.isPending && (
        <>
          <Loading what={what} />
          {skeleton}
        </>
      )}
      {list.data && children(items)}
      {list.isError && <ProblemNotice error={list.error} onRetry={retry} retrying={list.isFetching} />}
      {list.hasNextPage && !list.isError && (
        <p className="load-more">
          <button
            type="button"
            className={large ? 'button button-large' : 'button'}
            disabled={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            {list.isFetchingNextPage ? 'Loading…' : loadMore}
          </button>
        </p>
      )}
    </>
  )
}

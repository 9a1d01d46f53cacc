const counted = (count: number) => Array.from({ length: count }, (_, index) => index)

/** Grey shapes in the place of product cards that are on their way. */
export function ProductGridSkeleton({ count = 8 }: { count?: number }) {
  return (
    <div className="product-grid" aria-hidden="true">
      {counted(count).map((index) => (
        <div key={index} className="product-card">
          <div className="skeleton skeleton-picture" />
          <div className="skeleton skeleton-line" />
          <div className="skeleton skeleton-line short" />
        </div>
      ))}
    </div>
  )
}

export function LinesSkeleton({ count = 4 }: { count?: number }) {
  return (
    <div className="skeleton-lines" aria-hidden="true">
      {counted(count).map((index) => (
        <div key={index} className="skeleton skeleton-row" />
      ))}
    </div>
  )
}

/** Tells everyone that a page is on its way: the shapes are only for the eyes. */
export function Loading({ what }: { what: string }) {
  return <output className="visually-hidden">Loading {what}…</output>
}

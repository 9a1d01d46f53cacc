import { EmptyState } from '../parts/notice.tsx'
import { PageTitle } from '../parts/page-title.tsx'

export function NotFoundPage() {
  return (
    <div className="page">
      <PageTitle>Page not found</PageTitle>
      <EmptyState title="This shelf is empty" action={{ to: '/search', label: 'Browse everything' }}>
        The page you are looking for is not here, or not any more.
      </EmptyState>
    </div>
  )
}

import type { ReactNode } from 'react'
import { Link } from 'react-router'

import { toProblem } from '../api/problem.ts'
import { Icon } from './icon.tsx'

interface ProblemNoticeProps {
  error: unknown
  /** Shows a button that tries again. */
  onRetry?: () => void
  retrying?: boolean
}

/** Says what went wrong in the shop's own words and, where it can help, offers to try again. */
export function ProblemNotice({ error, onRetry, retrying = false }: ProblemNoticeProps) {
  const problem = toProblem(error)
  return (
    <div className="notice notice-problem" role="alert">
      <Icon name="warning" />
      <div>
        <p className="notice-title">{problem.kind === 'unavailable' ? 'That did not work' : 'Sorry'}</p>
        <p>{problem.detail}</p>
      </div>
      {onRetry && problem.kind !== 'not-found' && (
        <button type="button" className="button" onClick={onRetry} disabled={retrying}>
          {retrying ? 'Trying again…' : 'Try again'}
        </button>
      )}
    </div>
  )
}

/** A page part that could not be loaded while the rest of the page stands. */
export function MissingPart({ what, onRetry }: { what: string; onRetry: () => void }) {
  return (
    <div className="missing-part">
      <p>{what} cannot be shown right now.</p>
      <button type="button" className="link-button" onClick={onRetry}>
        Try again
      </button>
    </div>
  )
}

interface EmptyStateProps {
  title: string
  children: ReactNode
  action?: { to: string; label: string }
}

export function EmptyState({ title, children, action }: EmptyStateProps) {
  return (
    <div className="empty-state">
      <svg viewBox="0 0 120 90" aria-hidden="true">
        <ellipse cx="60" cy="80" rx="46" ry="6" className="empty-shadow" />
        <path d="M30 36h60l-6 42H36z" className="empty-bag" />
        <path d="M46 36c0-22 28-22 28 0" className="empty-line" />
        <path d="M60 70c0-12 5-19 14-21 0 12-4 18-12 19M60 70c0-9-4-14-12-15 0 9 3 13 10 14" className="empty-leaf" />
      </svg>
      <h2>{title}</h2>
      <p>{children}</p>
      {action && (
        <Link className="button button-primary" to={action.to}>
          {action.label}
        </Link>
      )}
    </div>
  )
}

import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'

import type { Mail } from '../api/answers.ts'
import { mailsQuery } from '../api/queries.ts'
import { Icon, type IconName } from '../parts/icon.tsx'
import { EmptyState } from '../parts/notice.tsx'
import { formatMoment } from '../parts/order-parts.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { PagedList } from '../parts/paged-list.tsx'
import { LinesSkeleton } from '../parts/skeleton.tsx'

/** What the shop has written to the visitor. No mail leaves the demonstration: this is where it arrives. */
export function MailsPage() {
  return (
    <div className="page">
      <PageTitle>Your mails</PageTitle>
      <p className="muted mails-note">This is a demonstration: what the shop writes to you is kept here, not sent.</p>
      <PagedList
        list={useInfiniteQuery(mailsQuery())}
        what="your mails"
        skeleton={<LinesSkeleton count={3} />}
        loadMore="Load earlier mails"
      >
        {(mails) => <MailList mails={mails} />}
      </PagedList>
    </div>
  )
}

function MailList({ mails }: { mails: Mail[] }) {
  if (mails.length === 0) return <EmptyState title="No mails yet">What we write to you will be listed here.</EmptyState>
  return (
    <ul className="mails" aria-label="Mails">
      {mails.map((mail, index) => (
        <li key={mail.id}>
          <MailItem mail={mail} opensFirst={index === 0} />
        </li>
      ))}
    </ul>
  )
}

const icons: Record<Mail['kind'], IconName> = { welcome: 'heart', confirmation: 'receipt', shipped: 'truck' }

/** Whether it is open is its own affair from then on: a mail that comes must not close the one that is being read. */
function MailItem({ mail, opensFirst }: { mail: Mail; opensFirst: boolean }) {
  const [open, setOpen] = useState(opensFirst)
  const paragraphs = mail.body.split('\n\n')
  return (
    <details className="panel mail" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span className="mail-icon">
          <Icon name={icons[mail.kind]} />
        </span>
        <span className="mail-subject">{mail.subject}</span>
        <time className="muted small" dateTime={mail.sentAt}>
          {formatMoment(mail.sentAt)}
        </time>
      </summary>
      <div className="mail-body">
        {mail.to !== '' && <p className="muted small">To {mail.to}</p>}
        {paragraphs.map((paragraph) => (
          <p key={paragraph}>{paragraph}</p>
        ))}
        {mail.orderId !== null && (
          <p>
            <Link to={`/orders/${encodeURIComponent(mail.orderId)}`}>See your order</Link>
          </p>
        )}
      </div>
    </details>
  )
}

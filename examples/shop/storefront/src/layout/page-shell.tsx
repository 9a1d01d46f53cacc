import { Outlet, ScrollRestoration } from 'react-router'

import { Announcements } from '../parts/announcer.tsx'
import { PageFooter } from './page-footer.tsx'
import { PageHeader } from './page-header.tsx'

/** What every page has around it. */
export function PageShell() {
  return (
    <>
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <PageHeader />
      <main id="main" tabIndex={-1}>
        <Outlet />
      </main>
      <PageFooter />
      <Announcements />
      <ScrollRestoration />
    </>
  )
}

/** Shown when rendering itself failed: no part of the page can be trusted, so it stands alone. */
export function CrashPage() {
  return (
    <main className="page">
      <h1 className="page-title">Something went wrong</h1>
      <p>This page could not be shown. Your cart and your orders are safe.</p>
      <p>
        <a className="button button-primary" href="/">
          Back to the front page
        </a>
      </p>
    </main>
  )
}

import { Link } from 'react-router'

export function PageFooter() {
  return (
    <footer className="page-footer">
      <div className="footer-row">
        <div>
          <p className="footer-brand">Fern &amp; Fable</p>
          <p>A general store for people who like to keep things for a long time.</p>
        </div>
        <nav aria-label="Footer">
          <ul>
            <li>
              <Link to="/search">All products</Link>
            </li>
            <li>
              <Link to="/orders">Your orders</Link>
            </li>
            <li>
              <Link to="/mails">Your mails</Link>
            </li>
            <li>
              <Link to="/cart">Your cart</Link>
            </li>
          </ul>
        </nav>
      </div>
      <p className="footer-note">A demonstration shop: nothing is sold, nothing is charged, nothing is delivered.</p>
    </footer>
  )
}

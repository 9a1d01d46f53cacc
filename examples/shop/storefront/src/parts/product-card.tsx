import { Link } from 'react-router'

import type { Product } from '../api/answers.ts'
import { AddToCartButton } from '../cart/add-to-cart-button.tsx'
import { Price } from './price.tsx'
import { StockNote } from './stock-note.tsx'

/** One product in a grid. The whole card leads to the product; the button adds it. */
export function ProductCard({ product }: { product: Product }) {
  return (
    <article className="product-card" aria-label={product.name}>
      <div className="product-picture">
        <img src={product.imageUrl} alt="" width="400" height="400" loading="lazy" decoding="async" />
        {product.stock === 0 && <span className="badge">Sold out</span>}
      </div>
      <h3 className="product-name">
        <Link to={`/products/${encodeURIComponent(product.id)}`}>{product.name}</Link>
      </h3>
      <div className="product-foot">
        <div>
          <Price cents={product.price.amountCents} currency={product.price.currency} />
          <StockNote stock={product.stock} quietUntilLow />
        </div>
        <AddToCartButton product={product} compact />
      </div>
    </article>
  )
}

export function ProductGrid({ products }: { products: Product[] }) {
  return (
    <ul className="product-grid">
      {products.map((product) => (
        <li key={product.id}>
          <ProductCard product={product} />
        </li>
      ))}
    </ul>
  )
}

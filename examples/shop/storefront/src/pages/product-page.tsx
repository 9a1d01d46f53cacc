import { mostOfOne } from '@shop/app/services/cart/contract.ts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useParams } from 'react-router'

import type { Product, ProductPage as ProductPageAnswer } from '../api/answers.ts'
import { toProblem } from '../api/problem.ts'
import { categoriesQuery, productPageQuery } from '../api/queries.ts'
import { AddToCartButton } from '../cart/add-to-cart-button.tsx'
import { Icon } from '../parts/icon.tsx'
import { MissingPart, ProblemNotice } from '../parts/notice.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { Price } from '../parts/price.tsx'
import { ProductGrid } from '../parts/product-card.tsx'
import { QuantityPicker } from '../parts/quantity-picker.tsx'
import { Rating } from '../parts/rating.tsx'
import { LinesSkeleton, Loading } from '../parts/skeleton.tsx'
import { StockNote } from '../parts/stock-note.tsx'
import { NotFoundPage } from './not-found-page.tsx'
import { ProductReviews } from './product-reviews.tsx'

export function ProductPage() {
  const { id = '' } = useParams()
  const page = useQuery(productPageQuery(id))
  const retry = (): void => void page.refetch()
  if (page.data) return <ProductView key={id} page={page.data} onRetry={retry} />
  if (page.isPending) return <ProductSkeleton />
  if (toProblem(page.error).kind === 'not-found') return <NotFoundPage />
  return (
    <div className="page">
      <PageTitle>Product</PageTitle>
      <ProblemNotice error={page.error} onRetry={retry} retrying={page.isFetching} />
    </div>
  )
}

function ProductView({ page, onRetry }: { page: ProductPageAnswer; onRetry: () => void }) {
  const { product, related, reviews, averageRating } = page
  return (
    <div className="page">
      <Breadcrumb product={product} />
      <article className="product-view" aria-label={product.name}>
        <img className="product-large" src={product.imageUrl} alt={product.name} width="800" height="800" />
        <div className="product-facts">
          <PageTitle>{product.name}</PageTitle>
          {averageRating !== null && reviews && (
            <p className="rating-line">
              <Rating value={averageRating} />
              <a href="#reviews">
                {reviews.length} {reviews.length === 1 ? 'review' : 'reviews'}
              </a>
            </p>
          )}
          <p className="product-price">
            <Price cents={product.price.amountCents} currency={product.price.currency} />
            <StockNote stock={product.stock} />
          </p>
          <p className="product-description">{product.description}</p>
          <BuyBox product={product} />
          <ProductPromises />
        </div>
      </article>
      {reviews ? (
        <ProductReviews reviews={reviews} average={averageRating} />
      ) : (
        <MissingPart what="Reviews" onRetry={onRetry} />
      )}
      {related ? <Related products={related} /> : <MissingPart what="Related products" onRetry={onRetry} />}
    </div>
  )
}

function Breadcrumb({ product }: { product: Product }) {
  const { data } = useQuery(categoriesQuery())
  const name = data?.items.find((category) => category.id === product.category)?.name ?? product.category
  return (
    <nav className="breadcrumb" aria-label="Breadcrumb">
      <Link to="/">Home</Link>
      <span aria-hidden="true">/</span>
      <Link to={`/categories/${encodeURIComponent(product.category)}`}>{name}</Link>
    </nav>
  )
}

function BuyBox({ product }: { product: Product }) {
  const [quantity, setQuantity] = useState(1)
  return (
    <div className="buy-box">
      {product.stock !== 0 && (
        <QuantityPicker of={product.name} value={quantity} max={product.stock ?? mostOfOne} onChange={setQuantity} />
      )}
      <AddToCartButton product={product} quantity={quantity} />
    </div>
  )
}

function ProductPromises() {
  return (
    <ul className="fact-list">
      <li>
        <Icon name="truck" /> Free delivery, usually within three days
      </li>
      <li>
        <Icon name="undo" /> 100 days to send it back
      </li>
      <li>
        <Icon name="heart" /> Spare parts and repairs from us
      </li>
    </ul>
  )
}

function Related({ products }: { products: Product[] }) {
  if (products.length === 0) return null
  return (
    <section aria-labelledby="related-title">
      <h2 id="related-title">More like this</h2>
      <ProductGrid products={products} />
    </section>
  )
}

function ProductSkeleton() {
  return (
    <div className="page">
      <Loading what="the product" />
      <div className="product-view">
        <div className="skeleton product-large" />
        <LinesSkeleton count={5} />
      </div>
    </div>
  )
}

import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'

import type { Category, FrontPage, Review, Product } from '../api/answers.ts'
import { homeQuery } from '../api/queries.ts'
import { Icon } from '../parts/icon.tsx'
import { MissingPart, ProblemNotice } from '../parts/notice.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { ProductGrid } from '../parts/product-card.tsx'
import { Rating } from '../parts/rating.tsx'
import { Loading, ProductGridSkeleton } from '../parts/skeleton.tsx'

export function HomePage() {
  const home = useQuery(homeQuery())
  return (
    <>
      <Hero products={home.data?.featured} loading={home.isPending} />
      {home.isPending && <HomeSkeleton />}
      {home.isError && !home.data && (
        <div className="page">
          <ProblemNotice error={home.error} onRetry={() => void home.refetch()} retrying={home.isFetching} />
        </div>
      )}
      {home.data && <HomeSections page={home.data} onRetry={() => void home.refetch()} />}
    </>
  )
}

function Hero({ products, loading }: { products: Product[] | undefined; loading: boolean }) {
  return (
    <section className="hero" aria-label="Welcome">
      <div className="hero-inner">
        <div className="hero-words">
          <p className="eyebrow">The general store</p>
          <PageTitle title="">Good things, for a long&nbsp;time.</PageTitle>
          <p className="lead">
            Three hundred honest objects for the kitchen, the garden, the desk and the tent. Chosen because they work,
            last and can be mended.
          </p>
          <p className="hero-actions">
            <Link className="button button-primary button-large" to="/search">
              Browse everything <Icon name="arrow" />
            </Link>
            <Link className="button button-large button-ghost" to="/categories/garden">
              Into the garden
            </Link>
          </p>
        </div>
        {(products ?? loading) && (
          <div className="hero-pictures" aria-hidden="true">
            {[0, 1, 2].map((index) => (
              <HeroPicture key={index} product={products?.[index]} />
            ))}
          </div>
        )}
      </div>
    </section>
  )
}

function HeroPicture({ product }: { product: Product | undefined }) {
  if (!product) return <div className="skeleton hero-picture" />
  return <img className="hero-picture" src={product.imageUrl} alt="" width="400" height="400" />
}

function HomeSections({ page, onRetry }: { page: FrontPage; onRetry: () => void }) {
  return (
    <div className="page home">
      <Categories categories={page.categories} />
      <ProductSection id="featured" title="Favourites of the house" products={page.featured} />
      <Promises />
      <ProductSection id="new" title="Just in" products={page.newArrivals} />
      {page.reviews ? <Reviews reviews={page.reviews} /> : <MissingPart what="Reviews" onRetry={onRetry} />}
      {page.recommendations ? (
        <ProductSection id="recommended" title="You might like" products={page.recommendations} />
      ) : (
        <MissingPart what="Recommendations" onRetry={onRetry} />
      )}
    </div>
  )
}

function Categories({ categories }: { categories: Category[] }) {
  if (categories.length === 0) return null
  return (
    <section aria-labelledby="categories-title">
      <h2 id="categories-title">Shop by category</h2>
      <ul className="category-tiles">
        {categories.map((category) => (
          <li key={category.id}>
            <Link className="category-tile" to={`/categories/${encodeURIComponent(category.id)}`}>
              <img src={category.imageUrl} alt="" width="400" height="300" loading="lazy" />
              <span className="category-name">{category.name}</span>
              <span className="muted">{category.count} products</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}

function ProductSection({ id, title, products }: { id: string; title: string; products: Product[] }) {
  if (products.length === 0) return null
  return (
    <section aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      <ProductGrid products={products} />
    </section>
  )
}

function Reviews({ reviews }: { reviews: Review[] }) {
  if (reviews.length === 0) return null
  return (
    <section aria-labelledby="reviews-title">
      <h2 id="reviews-title">What customers say</h2>
      <ul className="review-cards">
        {reviews.map((review) => (
          <li key={`${review.productId} ${review.author}`} className="review-card">
            <Rating value={review.rating} />
            <blockquote>{review.text}</blockquote>
            <p className="muted">
              {review.author} on{' '}
              <Link to={`/products/${encodeURIComponent(review.productId)}`}>{review.productName}</Link>
            </p>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Promises() {
  return (
    <ul className="promises">
      <li>
        <Icon name="truck" />
        <span>
          <strong>Free delivery</strong> by bicycle, train and patience
        </span>
      </li>
      <li>
        <Icon name="undo" />
        <span>
          <strong>100 days</strong> to change your mind
        </span>
      </li>
      <li>
        <Icon name="heart" />
        <span>
          <strong>Spare parts</strong> for everything we sell
        </span>
      </li>
    </ul>
  )
}

function HomeSkeleton() {
  return (
    <div className="page home">
      <Loading what="the front page" />
      <ProductGridSkeleton count={8} />
    </div>
  )
}

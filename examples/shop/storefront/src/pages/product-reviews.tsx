import type { Review } from '../api/answers.ts'
import { formatDate } from '../parts/order-parts.tsx'
import { Rating } from '../parts/rating.tsx'

export function ProductReviews({ reviews, average }: { reviews: Review[]; average: number | null }) {
  return (
    <section id="reviews" aria-labelledby="reviews-title">
      <h2 id="reviews-title">Reviews</h2>
      {reviews.length === 0 && <p className="muted">Nobody has reviewed this yet.</p>}
      {average !== null && reviews.length > 0 && (
        <p className="rating-line">
          <Rating value={average} />
          <span className="muted">{average.toFixed(1)} of 5 on average</span>
        </p>
      )}
      <ul className="reviews">
        {reviews.map((review) => (
          <li key={`${review.author} ${review.createdAt}`} className="review">
            <p className="rating-line">
              <Rating value={review.rating} />
              <strong>{review.author}</strong>
              <span className="muted">{formatDate(review.createdAt)}</span>
            </p>
            <p>{review.text}</p>
          </li>
        ))}
      </ul>
    </section>
  )
}

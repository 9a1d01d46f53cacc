import { defineContract, query } from 'holon'
import { z } from 'zod'

import { Price } from '../../shared/money.ts'
import { pageInput, pageOf } from '../../shared/page.ts'

const ProductId = z.string().min(1).max(64)
const CategoryId = z.string().min(1).max(64)

export const Product = z.object({
  id: ProductId,
  name: z.string(),
  description: z.string(),
  category: CategoryId,
  price: Price,
  /**
   * How many can be bought, as inventory told a moment ago; null before it has told anything: a shop without numbers
   * beats no shop. What an order gets is decided by inventory itself.
   */
  stock: z.int().min(0).nullable(),
  imageUrl: z.string(),
})
export type Product = z.output<typeof Product>

export const Category = z.object({
  id: CategoryId,
  name: z.string(),
  description: z.string(),
  imageUrl: z.string(),
  /** Products in it. */
  count: z.int().min(0),
})
export type Category = z.output<typeof Category>

export const Review = z.object({
  productId: ProductId,
  productName: z.string(),
  author: z.string(),
  rating: z.int().min(1).max(5),
  text: z.string(),
  createdAt: z.iso.datetime(),
})
export type Review = z.output<typeof Review>

const Products = z.object({ items: z.array(Product) })
const few = z.int().min(1).max(50)

export const catalog = defineContract('catalog', {
  description: 'What the shop sells.',
  operations: {
    list: query({
      summary: 'Find products, page by page',
      http: 'GET /products',
      auth: 'none',
      input: z.object({
        query: z.string().max(200).default(''),
        category: z.string().max(64).default(''),
        sort: z
          .enum(['relevance', 'newest', 'cheapest', 'dearest'])
          .default('relevance')
          .describe('relevance: best match first; without a query, in the order of ids'),
        ...pageInput,
      }),
      output: pageOf(Product),
    }),
    get: query({
      summary: 'One product',
      http: 'GET /products/{id}',
      auth: 'none',
      input: z.object({ id: ProductId }),
      output: Product,
    }),
    categories: query({
      summary: 'All categories',
      http: 'GET /categories',
      auth: 'none',
      output: z.object({ items: z.array(Category) }),
    }),
    reviews: query({
      summary: 'What customers say about a product, newest first',
      http: 'GET /products/{id}/reviews',
      auth: 'none',
      input: z.object({ id: ProductId, limit: few.default(20) }),
      output: z.object({
        items: z.array(Review),
        averageRating: z.number().min(1).max(5).nullable(),
        count: z.int().min(0),
      }),
    }),
    related: query({
      summary: 'Products that go with these, best first',
      input: z.object({ ids: z.array(ProductId).min(1).max(50), limit: few.default(8) }),
      output: Products,
    }),
    popular: query({
      summary: 'The products that customers like best',
      input: z.object({ limit: few.default(8) }),
      output: Products,
    }),
    latestReviews: query({
      summary: 'The newest good reviews of all products',
      input: z.object({ limit: few.default(6) }),
      output: z.object({ items: z.array(Review) }),
    }),
    byIds: query({
      summary: 'Those of the products that exist, in no particular order',
      input: z.object({ ids: z.array(ProductId).max(500) }),
      output: Products,
    }),
  },
})

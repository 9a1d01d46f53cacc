import { defineContract, query } from 'holon'
import { z } from 'zod'

import { Category, Product, Review } from '../catalog/contract.ts'

/** Backend for the storefront: each page with one request. A part that is null could not be had in time. */
export const web = defineContract('web', {
  description: "The storefront's pages as data.",
  operations: {
    home: query({
      summary: 'The front page',
      http: 'GET /home',
      auth: 'optional',
      output: z.object({
        featured: z.array(Product),
        categories: z.array(Category),
        newArrivals: z.array(Product),
        recommendations: z.array(Product).nullable(),
        reviews: z.array(Review).nullable(),
      }),
    }),
    productPage: query({
      summary: 'The page of a product',
      http: 'GET /pages/product/{id}',
      auth: 'none',
      input: z.object({ id: z.string().min(1).max(64) }),
      output: z.object({
        product: Product,
        related: z.array(Product).nullable(),
        reviews: z.array(Review).nullable(),
        averageRating: z.number().nullable(),
      }),
    }),
  },
})

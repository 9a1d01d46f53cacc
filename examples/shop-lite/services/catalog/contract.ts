import { defineContract, query } from 'holon'
import { z } from 'zod'

export const ProductId = z.string().min(1).max(40)

export const Product = z.object({ id: ProductId, name: z.string(), priceCents: z.int().min(0) })

export const catalog = defineContract('catalog', {
  description: 'What is sold.',
  operations: {
    list: query({ http: 'GET /products', output: z.object({ products: z.array(Product) }) }),
    get: query({ input: z.object({ id: ProductId }), output: Product }),
  },
})

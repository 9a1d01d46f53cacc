import { defineContract, failure, query } from 'holon'
import { z } from 'zod'

export const prices = defineContract('prices', {
  description: 'What things cost.',
  operations: {
    quote: query({
      http: 'GET /prices/{product}',
      input: z.object({ product: z.string().min(1).max(40), quantity: z.int().min(1).max(1_000).default(1) }),
      output: z.object({ totalCents: z.int() }),
      errors: { notSold: failure('not_found', undefined, 'It is not sold.') },
    }),
  },
})

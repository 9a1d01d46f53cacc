import { defineContract, query } from 'holon'
import { z } from 'zod'

export const greeter = defineContract('greeter', {
  description: 'Greets whoever gives a name.',
  operations: {
    hello: query({
      http: 'GET /hello/{name}',
      input: z.object({ name: z.string().min(1).max(100) }),
      output: z.object({ text: z.string() }),
    }),
  },
})

import { defineContract, query } from 'holon'
import { z } from 'zod'

import { OrderId } from '../orders/contract.ts'

export const Mail = z.object({ orderId: OrderId, text: z.string() })

export const mails = defineContract('mails', {
  description: 'Writes to who has bought something. No mail leaves: it is kept, to be read.',
  operations: {
    ofOrder: query({
      description: 'The mail about an order; null where there is none yet.',
      http: 'GET /mails/{orderId}',
      input: z.object({ orderId: OrderId }),
      output: z.object({ mail: Mail.nullable() }),
    }),
  },
})

import { defineService, fail } from 'holon'

import { prices } from './contract.ts'

const centsOf = new Map([
  ['tea', 890],
  ['pot', 3_400],
])

export default defineService(prices, {
  operations: {
    quote({ product, quantity }) {
      const cents = centsOf.get(product)
      if (cents === undefined) throw fail(prices.operations.quote, 'notSold', undefined)
      // Ten or more are a tenth cheaper.
      return { totalCents: Math.round(quantity * cents * (quantity < 10 ? 1 : 0.9)) }
    },
  },
})

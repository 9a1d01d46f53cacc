import { defineService, ServiceError } from 'holon'

import { catalog } from './contract.ts'

const products = [
  { id: 'tea', name: 'Tea, 100 g', priceCents: 890 },
  { id: 'pot', name: 'Tea pot', priceCents: 3_400 },
  { id: 'cup', name: 'Cup', priceCents: 1_150 },
]

export default defineService(catalog, {
  operations: {
    list: () => ({ products }),

    get({ id }) {
      const product = products.find((each) => each.id === id)
      if (product === undefined) throw new ServiceError('not_found', `There is no product '${id}'.`)
      return product
    },
  },
})

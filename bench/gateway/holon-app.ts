import { type AppDefinition, defineApp, defineService } from '@holon/app'
// The products of the rpc suite behind Holon's gateway.
import { command, defineContract, query } from '@holon/contract'
import { expose } from '@holon/gateway/definition'
import { z } from 'zod'

import { getProduct } from '../rpc/workload.ts'

const Product = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  price: z.object({ currency: z.string(), units: z.int(), nanos: z.int() }),
  categories: z.array(z.string()),
  stock: z.int(),
  updatedAt: z.string(),
})

export const catalog = defineContract('catalog', {
  operations: {
    get: query({
      http: 'GET /catalog/{id}',
      auth: 'none',
      input: z.object({ id: z.string(), currency: z.string() }),
      output: Product,
    }),
    put: command({ http: 'POST /catalog', auth: 'none', input: Product, output: Product }),
  },
})

const catalogService = defineService(catalog, {
  operations: { get: (input) => getProduct(input), put: (product) => product },
})

export const app: AppDefinition = defineApp({
  name: 'bench',
  services: { catalog: () => Promise.resolve({ default: catalogService }) },
  gateway: { expose: [expose(catalog, ['get', 'put'])] },
})

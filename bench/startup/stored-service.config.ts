import { defineApp, defineService } from '@holon/app'
// The same service with a store.
import { sqlite } from '@holon/data/sqlite'
import { expose } from '@holon/gateway/definition'

import { catalog } from '../gateway/holon-app.ts'
import { getProduct } from '../rpc/workload.ts'

const service = defineService(catalog, {
  store: sqlite(),
  operations: { get: (input) => getProduct(input), put: (product) => product },
})

export default defineApp({
  name: 'bench',
  services: { catalog: () => Promise.resolve({ default: service }) },
  gateway: { expose: [expose(catalog, ['get'])] },
})

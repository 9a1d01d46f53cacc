import { defineApp, expose } from 'holon'

import { prices } from './services/prices/contract.ts'

export default defineApp({
  name: 'existing-app',
  services: {
    prices: () => import('./services/prices/service.ts'),
  },
  // The door for new clients, beside the Express app and its routes.
  gateway: {
    expose: [expose(prices, ['quote'])],
  },
})

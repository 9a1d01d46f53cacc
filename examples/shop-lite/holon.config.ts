import { defineApp, expose } from 'holon'

import { catalog } from './services/catalog/contract.ts'
import { mails } from './services/mails/contract.ts'
import { orders } from './services/orders/contract.ts'

export default defineApp({
  name: 'shop-lite',
  services: {
    catalog: () => import('./services/catalog/service.ts'),
    orders: () => import('./services/orders/service.ts'),
    mails: () => import('./services/mails/service.ts'),
  },
  gateway: {
    prefix: '/api',
    expose: [expose(catalog, ['list']), expose(orders, ['place', 'list']), expose(mails, ['ofOrder'])],
    static: [{ at: '/', directory: new URL('./public/', import.meta.url) }],
  },
})

import { defineApp, expose } from 'holon'

import { accounts } from './services/accounts/contract.ts'
import { cart } from './services/cart/contract.ts'
import { catalog } from './services/catalog/contract.ts'
import { notifications } from './services/notifications/contract.ts'
import { orders } from './services/orders/contract.ts'
import { web } from './services/web/contract.ts'

export default defineApp({
  name: 'shop',
  services: {
    accounts: () => import('./services/accounts/service.ts'),
    catalog: () => import('./services/catalog/service.ts'),
    inventory: () => import('./services/inventory/service.ts'),
    cart: () => import('./services/cart/service.ts'),
    orders: () => import('./services/orders/service.ts'),
    payments: () => import('./services/payments/service.ts'),
    shipping: () => import('./services/shipping/service.ts'),
    notifications: () => import('./services/notifications/service.ts'),
    web: () => import('./services/web/service.ts'),
  },
  gateway: {
    prefix: '/api',
    expose: [
      expose(accounts, ['signUp', 'signIn', 'me', 'jwks']),
      expose(catalog, ['list', 'get', 'categories', 'reviews']),
      expose(cart, ['get', 'setItem', 'removeItem']),
      expose(orders, ['place', 'list', 'get', 'follow']),
      expose(notifications, ['list']),
      expose(web, ['home', 'productPage']),
    ],
    auth: { issuer: 'shop', audience: 'shop', jwks: accounts.operations.jwks, algorithms: ['ES256'] },
    // Every operation has a time limit of its own; the longest, for signing up in a rush, is 30 s.
    limits: { callTimeoutMs: 30_000 },
    static: [
      { at: '/images', directory: new URL('./catalog-data/images/', import.meta.url), maxAgeS: 86_400 },
      { at: '/', directory: new URL('./storefront/dist/', import.meta.url), spa: true },
    ],
    info: { title: 'Shop', version: '1.0.0', description: 'The public API of the reference shop.' },
  },
  placement: { main: '*' },
  processes: {
    // A foreign system, not one of the services: the shop knows only its URL.
    'payment-provider': {
      command: ['node', 'payment-provider/server.ts'],
      urlVariable: 'PAYMENTS_PROVIDER_URL',
      readyPath: '/health',
    },
  },
})

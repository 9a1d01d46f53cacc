import { defineApp, expose } from 'holon'

import { greeter } from './services/greeter/contract.ts'

export default defineApp({
  name: 'minimal-app',
  services: {
    greeter: () => import('./services/greeter/service.ts'),
  },
  gateway: {
    expose: [expose(greeter, ['hello'])],
  },
})

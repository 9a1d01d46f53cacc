import { defineService } from 'holon'

import { greeter } from './contract.ts'

export default defineService(greeter, {
  operations: {
    hello: ({ name }) => ({ text: `Hello, ${name}!` }),
  },
})

import express, { type Express } from 'express'
import { type Client, type Code, isServiceError } from 'holon'

import type { prices } from '../services/prices/contract.ts'

/** What the website needs of Holon: typed clients. It does not know where the services run. */
export interface WebsiteServices {
  readonly prices: Client<typeof prices>
}

const statusOf: ReadonlyMap<Code, number> = new Map([
  ['not_found', 404],
  ['invalid_argument', 400],
])

/** The Express app that was there first. */
export function createWebsite({ prices }: WebsiteServices): Express {
  const website = express()

  website.get('/', (_request, response) => {
    response.type('html').send('<h1>existing-app</h1><p><a href="/offer/tea?quantity=12">An offer for tea</a></p>')
  })

  website.get('/offer/:product', async (request, response) => {
    const { product } = request.params
    const quantity = Number(request.query['quantity'] ?? 1)
    try {
      const { totalCents } = await prices.quote({ product, quantity })
      response.json({ product, quantity, totalCents })
    } catch (error) {
      // The contract checks the input; codes say what was wrong.
      if (!isServiceError(error)) throw error
      const status = statusOf.get(error.code) ?? 500
      response.status(status).json({ error: error.code })
    }
  })

  return website
}

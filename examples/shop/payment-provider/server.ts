// The fake payment provider: a foreign system that the shop can only talk to over its HTTP API. Started next to the shop
// by holon.config.ts; `PORT=9000 node server.ts` runs it alone.
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { openCharges } from './charges.ts'
import { readRates } from './mischief.ts'
import { createProviderServer } from './provider-server.ts'

const file = process.env['PAYMENT_PROVIDER_FILE'] ?? join(process.env['HOLON_DATA'] ?? '.holon', 'payment-provider.db')
mkdirSync(dirname(file), { recursive: true })
const charges = openCharges(file)
const rates = readRates(process.env)
const server = createProviderServer(charges, () => rates)
server.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => {
  console.log(`payment provider listens: ${JSON.stringify(server.address())}`)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    server.close(() => charges.close())
    server.closeAllConnections()
  })
}

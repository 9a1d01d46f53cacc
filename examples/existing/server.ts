// One process for both: the Express app, and Holon's services with their gateway.
import { startApp } from 'holon/host'

import config from './holon.config.ts'
import { prices } from './services/prices/contract.ts'
import { createWebsite } from './website/website.ts'

const host = '127.0.0.1'
const port = Number(process.env['WEBSITE_PORT'] ?? 3000)

const holon = await startApp(config)
const website = createWebsite({ prices: holon.client(prices) })
const server = website.listen(port, host, (error) => {
  if (error !== undefined) throw error
  console.log(`website http://${host}:${port}  gateway ${holon.gatewayUrl}`)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close()
    void holon.stop()
  })
}

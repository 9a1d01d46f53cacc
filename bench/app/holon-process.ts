// A process of the Holon variants: node app/holon-process.ts <services or gateway, separated by commas>
// It tells where it listens (or the gateway's port), and waits to be told of the others.
import { once } from 'node:events'

import type { PeerListing } from '@holon/rpc'

import { freeAddress, listingOf, startBenchInstance } from '../harness/holon-instance.ts'
import { serveWorker } from '../harness/serve-worker.ts'
import { defineHolonShop } from './holon-app.ts'

const names = (process.argv[2] ?? '').split(',')
const app = defineHolonShop()

async function peersFromSuite(): Promise<readonly PeerListing[]> {
  const [{ peers }] = (await once(process, 'message')) as [{ readonly peers: readonly PeerListing[] }]
  return peers
}

await serveWorker(async () => {
  if (names.includes('gateway')) {
    const services = names.filter((name) => name !== 'gateway')
    const peers = services.length > 0 ? [] : await peersFromSuite()
    // Loaded here alone: no service process carries the gateway.
    const { startBenchGateway } = await import('../harness/holon-gateway.ts')
    return startBenchGateway(app, { services, peers })
  }
  const instance = await startBenchInstance({ app, services: names, listen: freeAddress('unix') })
  void peersFromSuite().then((peers) => instance.setPeers(peers))
  return listingOf(instance)
})

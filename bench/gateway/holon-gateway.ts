// Holon's gateway in a process of its own: node gateway/holon-gateway.ts <listing of the service as JSON>
import type { PeerListing } from '@holon/rpc'

import { startBenchGateway } from '../harness/holon-gateway.ts'
import { serveWorker } from '../harness/serve-worker.ts'
import { app } from './holon-app.ts'

const service = JSON.parse(process.argv[2] ?? '') as PeerListing
await serveWorker(() => startBenchGateway(app, { services: [], peers: [service] }))

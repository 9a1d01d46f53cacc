// The service behind Holon's gateway: node gateway/holon-service.ts
import { freeAddress, listingOf, startBenchInstance } from '../harness/holon-instance.ts'
import { serveWorker } from '../harness/serve-worker.ts'
import { app } from './holon-app.ts'

await serveWorker(async () =>
  listingOf(await startBenchInstance({ app, services: ['catalog'], listen: freeAddress('unix') })),
)

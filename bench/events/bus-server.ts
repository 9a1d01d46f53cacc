// The embedded bus in a process of its own, as `holon start` runs it: node events/bus-server.ts <socket> <file>
import { nodeNetwork } from '@holon/rpc/node-network'
import { defineApp, startInstance, systemPlatform } from '@holon/runtime'

import { serveWorker } from '../harness/serve-worker.ts'

const [path = '', file = ''] = process.argv.slice(2)

await serveWorker(async () => {
  await startInstance({
    app: defineApp({ name: 'bench', services: {} }),
    services: ['holon-bus'],
    instance: 'bus-1',
    platform: systemPlatform(),
    network: nodeNetwork(),
    observer: {
      observe: (observation) => {
        if (observation.kind === 'fault') console.error(observation.subject, observation.error)
      },
    },
    environment: {},
    provision: () => Promise.resolve(file),
    listen: { path },
    linkSecret: 'bench',
  })
})

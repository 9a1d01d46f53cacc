// The embedded bus in a process of its own, as `holon start` runs it: node events/bus-server.ts <socket> <file>
import { startBusInstance } from '../../tests/support/bus-instance.ts'
import { serveWorker } from '../harness/serve-worker.ts'

const [socket = '', file = ''] = process.argv.slice(2)

await serveWorker(async () => {
  await startBusInstance(socket, file)
})

// A process that serves one peer: node rpc/server.ts <module> <peer>
import { serveWorker } from '../harness/serve-worker.ts'
import { loadPeer } from './peer-module.ts'

const [, , module = '', name = ''] = process.argv
await serveWorker(async () => (await loadPeer(module, name)).serve())

// A process that serves one peer: node rpc/server.ts <module> <peer>
import { loadPeer } from './peer-module.ts'

const [, , module = '', name = ''] = process.argv
process.on('disconnect', () => process.exit(0))
try {
  const peer = await loadPeer(module, name)
  process.send?.({ address: (await peer.serve()) ?? null })
} catch (error) {
  process.send?.({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
}

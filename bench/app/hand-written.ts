// A process of a hand-written variant: node app/hand-written.ts <peer> <service or edge> <ports as JSON>
import { serveWorker } from '../harness/serve-worker.ts'
import { createHandlers } from './handlers.ts'
import type { Handlers, ServiceName } from './operations.ts'

/** The ports of all services, by name. */
export type Ports = Readonly<Record<ServiceName, number>>

/** A way to write the seven services by hand. It loads Fastify for the edge alone, so that services do not carry it. */
export interface AppPeer {
  /** Serves one service; it calls those it uses. */
  serve(service: ServiceName, handlers: Handlers, ports: Ports): Promise<void>
  /** Serves the edge. */
  edge(ports: Ports): Promise<{ readonly port: number }>
}

const [, , name = '', role = '', ports = '{}'] = process.argv

await serveWorker(async () => {
  const { peer } = (await import(`./peers/${name}.ts`)) as { readonly peer: AppPeer }
  const known = JSON.parse(ports) as Ports
  if (role === 'edge') return peer.edge(known)
  return peer.serve(role as ServiceName, createHandlers(), known)
})

import type { AppDefinition } from '@holon/app'
import { systemPlatform } from '@holon/contract/system-platform'
import { runGroup } from '@holon/host'
import type { PeerListing } from '@holon/rpc'

import { logObserver } from './holon-instance.ts'

/** Starts an app's gateway, and the named services in the same process. @returns its port. */
export async function startBenchGateway(
  app: AppDefinition,
  { services, peers }: { readonly services: readonly string[]; readonly peers: readonly PeerListing[] },
): Promise<{ readonly port: number }> {
  const instance = `${services.join('-') || 'edge'}-${process.pid}`
  const { gatewayUrl } = await runGroup({
    app,
    services: [...services, 'gateway'],
    instance,
    platform: systemPlatform(),
    observer: logObserver(instance),
    environment: {},
    provision: () => Promise.reject(new Error('Nothing is stored here.')),
    listen: undefined,
    linkSecret: 'bench',
    gateway: { host: undefined, port: 0, reusePort: false },
    peers: () => peers,
  })
  if (gatewayUrl === undefined) throw new TypeError(`The app '${app.name}' has no gateway.`)
  return { port: Number(new URL(gatewayUrl).port) }
}

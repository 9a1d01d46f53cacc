import type { AppDefinition } from '@holon/app'
import { systemPlatform } from '@holon/contract/system-platform'
import { startGateway } from '@holon/gateway'
import type { PeerListing } from '@holon/rpc'

import { logObserver, startBenchInstance } from './holon-instance.ts'

/** Starts an app's gateway, and the named services in the same process. @returns its port. */
export async function startBenchGateway(
  app: AppDefinition,
  { services, peers }: { readonly services: readonly string[]; readonly peers: readonly PeerListing[] },
): Promise<{ readonly port: number }> {
  if (app.gateway === undefined) throw new TypeError(`The app '${app.name}' has no gateway.`)
  const instance = await startBenchInstance({ app, services: [...services, 'gateway'] })
  instance.setPeers(peers)
  const { url } = await startGateway({
    app: app.name,
    definition: app.gateway,
    invoker: instance.invoker('gateway'),
    platform: systemPlatform(),
    observer: logObserver('gateway'),
    port: 0,
    check: () => instance.check(),
  })
  return { port: Number(new URL(url).port) }
}

import { type AppDefinition, gatewayName } from '@holon/app'
import type { Observer, Platform } from '@holon/contract'
import type { Address, PeerListing } from '@holon/rpc'
import { nodeNetwork } from '@holon/rpc/node-network'
import { type Instance, type InstanceOptions, startInstance } from '@holon/runtime'

/** What {@link runGroup} needs. */
export interface GroupOptions extends Pick<
  InstanceOptions,
  'placeOwn' | 'callers' | 'onBroken' | 'onUnfinished' | 'replica' | 'startWatch' | 'watchPeers'
> {
  readonly app: AppDefinition
  /** `gateway` among them means the gateway too. */
  readonly services: readonly string[]
  readonly instance: string
  readonly platform: Platform
  readonly observer: Observer
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly provision: (service: string, kind: string) => Promise<string>
  readonly listen: Address | undefined
  readonly linkSecret: string | undefined
  readonly gateway: { readonly host: string | undefined; readonly port: number; readonly reusePort: boolean }
  /** The other instances, as far as they are known before the start. */
  readonly peers: () => readonly PeerListing[]
}

/** The services of a group, and the gateway if it is placed there, running in this process. */
export interface RunningGroup {
  readonly instance: Instance
  readonly gatewayUrl: string | undefined
  /** Takes no more requests, finishes what runs within `graceMs`, closes everything; as {@link Instance.stop}. */
  stop(graceMs: number, closeMs?: number): Promise<void>
}

export async function runGroup(options: GroupOptions): Promise<RunningGroup> {
  const { app, services, platform, observer, gateway: edge, peers } = options
  const instance = await startInstance({ ...options, network: nodeNetwork() })
  instance.setPeers(peers())
  if (app.gateway === undefined || !services.includes(gatewayName))
    return { instance, gatewayUrl: undefined, stop: (...limits) => instance.stop(...limits) }
  try {
    // Loaded only where it runs: an HTTP server is most of what a small service would take.
    const { startGateway } = await import('@holon/gateway')
    const gateway = await startGateway({
      app: app.name,
      definition: app.gateway,
      invoker: instance.invoker(gatewayName),
      platform,
      observer,
      port: edge.port,
      reusePort: edge.reusePort,
      check: () => instance.check(),
      ...(edge.host !== undefined && { host: edge.host }),
    })
    const stop = async (graceMs: number, closeMs?: number): Promise<void> => {
      const endMs = platform.monotonicMs() + graceMs
      gateway.drain()
      await gateway.close(graceMs)
      await instance.stop(Math.max(0, endMs - platform.monotonicMs()), closeMs)
    }
    return { instance, gatewayUrl: gateway.url, stop }
  } catch (error) {
    await instance.stop(0)
    throw error
  }
}

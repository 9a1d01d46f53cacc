import type { AppDefinition } from '@holon/app'
import { delay, randomId } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { dataFolderOf, findConfig, loadConfig } from '@holon/host'
import type { PeerListing } from '@holon/rpc'
import { nodeNetwork } from '@holon/rpc/node-network'
import { type Instance, startInstance } from '@holon/runtime'
import type { SupervisorStatus } from '@holon/supervisor'

import type { Host } from '../host.ts'
import { askSupervisor } from './admin-client.ts'

interface Registry {
  readonly linkSecret: string
  readonly peers: readonly PeerListing[]
  /** Whether `holon dev` runs it. */
  readonly development: boolean
}

/** How often a start is looked at. */
const lookingMs = 100

/** The name under which the command line calls services. */
export const cliCaller = 'cli'

/** A running app as the command line reaches it: an instance without services, which only calls. */
export interface AppConnection {
  readonly app: AppDefinition
  /** It does not run: only its stores and its bus are open, in this process. */
  readonly atRest: boolean
  /** Whether `holon dev` runs it. */
  readonly development: boolean
  /**
   * Resolves when a service can be called, or when the app is not starting any more, or after `withinMs`: who calls right
   * after the start means the app, not the moment.
   */
  started(service: string, withinMs: number): Promise<void>
  /** Where its instances are now. */
  peers(): Promise<readonly PeerListing[]>
  /** May call `services`. */
  open(services: readonly string[]): Promise<Instance>
}

/** Finds the app that runs here. @throws CommandFailure if none does. */
export async function connectToApp(
  host: Host,
  options: { readonly config?: string; readonly data?: string },
): Promise<AppConnection> {
  const path = findConfig(host.folder, options.config)
  const folder = dataFolderOf({ ...host, chosen: options.data, config: path })
  // Both are what its admin server sends.
  const ask = async (): Promise<Registry> => (await askSupervisor(host, folder, '/api/registry')) as Registry
  const isStarting = async (): Promise<boolean> =>
    ((await askSupervisor(host, folder, '/api/status')) as SupervisorStatus).state === 'starting'
  const registry = await ask()
  const app = await loadConfig(path)
  const open = async (services: readonly string[]): Promise<Instance> => {
    const instance = await startCaller(app, services, registry.linkSecret)
    instance.setPeers(await peers())
    return instance
  }
  const peers = async (): Promise<readonly PeerListing[]> => (await ask()).peers
  const isThere = async (service: string): Promise<boolean> =>
    (await peers()).some(({ services }) => services.some(({ name }) => name === service))
  const started = async (service: string, withinMs: number): Promise<void> => {
    const platform = systemPlatform()
    const endMs = platform.monotonicMs() + withinMs
    while (!(await isThere(service)) && (await isStarting()) && platform.monotonicMs() < endMs)
      await delay(platform, lookingMs)
  }
  return { app, atRest: false, development: registry.development, started, peers, open }
}

function startCaller(app: AppDefinition, services: readonly string[], linkSecret: string): Promise<Instance> {
  const platform = systemPlatform()
  return startInstance({
    app,
    services: [],
    callers: [{ name: cliCaller, uses: services, role: 'operator' }],
    instance: `cli-${randomId(platform, 4)}`,
    platform,
    network: nodeNetwork(),
    // What goes wrong with a link is told by the call.
    observer: { observe: () => undefined },
    environment: {},
    provision: () => Promise.reject(new Error('The command line has no store.')),
    listen: undefined,
    linkSecret,
  })
}

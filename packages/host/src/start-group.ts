import { type AppDefinition, environmentProvider, gatewayName, groupsOf, type Provider, provideFrom } from '@holon/app'
import type { Client, Contract, Observer, Platform } from '@holon/contract'
import { randomId } from '@holon/contract/platform'
import { systemPlatform } from '@holon/contract/system-platform'
import { defaultGatewayPort } from '@holon/gateway/definition'
import { type Address, type CallOrigin, outsideClient, type PeerListing } from '@holon/rpc'

import { placeBusAlone } from './bus-placement.ts'
import { standardLog } from './group-observer.ts'
import { checkLinkSecret } from './link-secret.ts'
import { parsePeers } from './peers.ts'
import { portOf } from './port-variable.ts'
import { runGroup } from './running-group.ts'
import { SettingFailure } from './setting-failure.ts'
import { sqliteFiles } from './sqlite-files.ts'

/** Options of {@link startGroup} and of `startApp`. Everything may be left out. */
export interface StartOptions {
  /** Configuration of services, databases (`ORDERS_DATABASE_URL`), `PORT`, `HOLON_LOG_LEVEL`. Default: that of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Where sqlite files, the embedded bus and the embedded PostgreSQL keep their data. Default: `HOLON_DATA`, else `.holon`. */
  readonly dataFolder?: string
  /** Where the gateway listens, if it is among what starts. Default: 127.0.0.1, `PORT`, the app's own port, 8080; 0: a free one. */
  readonly gateway?: { readonly host?: string; readonly port?: number; readonly reusePort?: boolean }
  /** Hears of all that happens. Default: log lines in JSON on standard output. */
  readonly observer?: Observer
  /** Clock, timers and randomness. Default: those of this machine. */
  readonly platform?: Platform
  /** Hears when something is broken that only a new start mends (the disk below the embedded bus). Default: nobody does. */
  readonly onBroken?: (error: unknown) => void
  /** Hears, at the stop, of each stop hook and store that failed or did not end in time. Default: the observer alone. */
  readonly onUnfinished?: (error: unknown) => void
}

/** Options of {@link startGroup}. */
export interface StartGroupOptions extends StartOptions {
  /** The group of the placement. Default: the only one. */
  readonly group?: string
  /** The services to run (`gateway` among them means the gateway), instead of those of a group. */
  readonly services?: readonly string[]
  /** Where other instances reach this one. Default: nowhere. Needs a link secret. */
  readonly listen?: Address
  /** The instances that this one calls. Default: what `HOLON_PEERS` lists. Needs a link secret. */
  readonly peers?: readonly PeerListing[]
  /** The random text, of at least 32 bytes, that all instances of the app share. Default: `HOLON_LINK_SECRET`. */
  readonly linkSecret?: string
}

/** Services, and the gateway if it is among them, running in this program. */
export interface RunningServices extends AsyncDisposable {
  /** Where the gateway listens; undefined: it does not run here. */
  readonly gatewayUrl: string | undefined
  /** A client of any service of the app, wherever it runs. `origin`: on whose behalf it calls. Default: nobody's. */
  client<C extends Contract>(contract: C, origin?: CallOrigin): Client<C>
  /** Whether the stores answer and all used services can be reached; what is wrong otherwise. */
  check(): Promise<{ readonly ready: boolean; readonly problems: readonly string[] }>
  /** Takes no more calls, finishes what runs within `graceMs` (default 10 000), closes everything. Idempotent. */
  stop(graceMs?: number): Promise<void>
}

/** What is decided by who starts: {@link startGroup} or `startApp`. */
export interface GroupParts {
  readonly name: string
  readonly services: readonly string[]
  readonly providers: readonly Provider[]
  readonly placeOwn: (peers: readonly PeerListing[]) => 'here' | 'elsewhere'
}

/** The name under which a program that has started services calls them. */
const programName = 'program'
const defaultGraceMs = 10_000

/**
 * Starts one group of an app in this program, as `holon run` does, without a supervisor: everything it needs is in the
 * options and the environment.
 *
 * @throws SettingFailure naming the option or variable that cannot be.
 * @throws DefinitionError for mistakes in the app or its services.
 *
 * @example
 * await using checkout = await startGroup(app, { group: 'checkout', listen: { host: '0.0.0.0', port: 7000 } })
 */
export async function startGroup(app: AppDefinition, options: StartGroupOptions = {}): Promise<RunningServices> {
  const { name, services } = chosen(app, options)
  const { environment, dataFolder } = settingsOf(options)
  return startServices(app, options, {
    name,
    services,
    providers: [environmentProvider(() => environment), sqliteFiles(dataFolder)],
    placeOwn: (peers) => placeBusAlone(app, peers),
  })
}

/** The environment and the folder that options mean. */
export function settingsOf({ environment = process.env, dataFolder }: StartOptions): {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly dataFolder: string
} {
  return { environment, dataFolder: dataFolder ?? environment['HOLON_DATA'] ?? '.holon' }
}

/** Starts services as {@link GroupParts} say. */
export async function startServices(
  app: AppDefinition,
  options: StartGroupOptions,
  { name, services, providers, placeOwn }: GroupParts,
): Promise<RunningServices> {
  const { environment } = settingsOf(options)
  const { platform = systemPlatform(), listen, onBroken, onUnfinished } = options
  const { peers = parsePeers(environment['HOLON_PEERS']), linkSecret = environment['HOLON_LINK_SECRET'] } = options
  checkLinkSecret(linkSecret, listen === undefined ? (peers.length > 0 ? 'HOLON_PEERS' : undefined) : 'listen')
  const group = await runGroup({
    app,
    services,
    instance: `${name}-${randomId(platform, 4)}`,
    platform,
    observer: options.observer ?? standardLog(name, environment, platform),
    environment,
    provision: (service, kind) => provideFrom(providers, service, kind),
    listen,
    linkSecret,
    gateway: {
      host: options.gateway?.host,
      port: options.gateway?.port ?? portOf('PORT', environment) ?? app.gateway?.port ?? defaultGatewayPort,
      reusePort: options.gateway?.reusePort === true,
    },
    callers: [{ name: programName, uses: Object.keys(app.services), canWait: true }],
    peers: () => peers,
    watchPeers: (changed) => changed(peers),
    placeOwn: async () => placeOwn(peers),
    ...(onBroken && { onBroken }),
    ...(onUnfinished && { onUnfinished }),
  })
  const stop = (graceMs = defaultGraceMs): Promise<void> => group.stop(graceMs)
  return {
    gatewayUrl: group.gatewayUrl,
    client: (contract, origin) => outsideClient(group.instance.invoker(programName), contract, origin),
    check: () => group.instance.check(),
    stop,
    [Symbol.asyncDispose]: () => stop(),
  }
}

function chosen(
  app: AppDefinition,
  { group: wanted, services }: StartGroupOptions,
): { readonly name: string; readonly services: readonly string[] } {
  if (services?.includes(gatewayName) === true && app.gateway === undefined)
    throw new SettingFailure(`'${app.name}' has no gateway, and the services to start name one.`)
  if (services !== undefined) return { name: wanted ?? services.join('+'), services }
  const groups = groupsOf(app)
  const group = wanted === undefined && groups.length === 1 ? groups[0] : groups.find(({ name }) => name === wanted)
  if (group !== undefined) return group
  const names = groups.map(({ name }) => name).join(', ')
  throw new SettingFailure(
    wanted === undefined
      ? `Which group? The placement has ${names}. Choose with group, or name services.`
      : `There is no group '${wanted}'; the placement has ${names}. Or name services.`,
  )
}

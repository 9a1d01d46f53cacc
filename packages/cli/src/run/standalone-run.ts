import { type AppDefinition, environmentProvider, gatewayName, groupsOf, provideFrom } from '@holon/app'
import { randomId } from '@holon/contract/platform'
import { systemPlatform } from '@holon/contract/system-platform'
import { defaultGatewayPort } from '@holon/gateway/definition'
import {
  checkLinkSecret,
  dataFolderOf,
  findConfig,
  groupObserver,
  loadConfig,
  logLevelOf,
  parsePeers,
  placeBusAlone,
  portOf,
  runGroup,
  sqliteFiles,
} from '@holon/host'
import type { Address } from '@holon/rpc'

import { CommandFailure, type ExitCode, exitCodes } from '../exit-code.ts'
import type { Host } from '../host.ts'
import { wantsColors } from '../output/wants-colors.ts'
import { releaseWhenIdle } from './release-when-idle.ts'
import { createStopSwitch } from './stop-switch.ts'

/** Options of `holon run`. */
export interface RunOptions {
  readonly config?: string
  readonly group?: string
  readonly services?: readonly string[]
  readonly listen?: string
  readonly port?: number
  readonly host: string
  readonly reusePort?: boolean
  readonly data?: string
  readonly logLevel?: string
  readonly json?: boolean
}

const graceMs = 10_000

/** Runs a group without a supervisor, as in a container: everything it needs is in the environment. */
export async function runAlone(host: Host, options: RunOptions): Promise<ExitCode> {
  const { environment, linkSecret } = host
  const platform = systemPlatform()
  const stop = createStopSwitch(host, platform)
  host.onSignal(() => stop.request(graceMs))
  const path = findConfig(host.folder, options.config)
  const app = await loadConfig(path)
  const { name, services } = choose(app, options)
  const listen = options.listen === undefined ? undefined : parseAddress(options.listen)
  const peers = parsePeers(environment['HOLON_PEERS'])
  checkLinkSecret(linkSecret, listen !== undefined ? '--listen' : peers.length > 0 ? 'HOLON_PEERS' : undefined)
  const dataFolder = dataFolderOf({ ...host, chosen: options.data, config: path })
  // Without a supervisor there is no embedded database either.
  const providers = [environmentProvider(() => environment), sqliteFiles(dataFolder)]
  const starting = runGroup({
    app,
    services,
    instance: `${name}-${randomId(platform, 4)}`,
    platform,
    observer: groupObserver({
      instance: environment['HOSTNAME'] ?? name,
      level: logLevelOf(options.logLevel, environment),
      format: options.json === true || !host.stdout.isTerminal ? 'json' : 'pretty',
      colors: wantsColors(host.stdout, environment),
      platform,
      write: (line) => host.stdout.write(line),
    }),
    environment,
    provision: (service, kind) => provideFrom(providers, service, kind),
    listen,
    linkSecret,
    gateway: {
      host: options.host,
      port: options.port ?? portOf('PORT', environment) ?? app.gateway?.port ?? defaultGatewayPort,
      reusePort: options.reusePort === true,
    },
    peers: () => peers,
    watchPeers: (changed) => changed(peers),
    placeOwn: async () => placeBusAlone(app, peers),
    onBroken: () => stop.requestAsBroken(),
    onUnfinished: () => stop.fail(),
  })
  const group = await stop.started(starting)
  if (group === undefined) return stop.exitCode
  if (group.gatewayUrl !== undefined) host.stderr.write(`${app.name} listens on ${group.gatewayUrl}\n`)
  releaseWhenIdle(host.memory, platform)
  await group.stop(await stop.requested)
  return stop.exitCode
}

/** The services to run, and how they are called together. */
function choose(
  app: AppDefinition,
  { group: wanted, services }: RunOptions,
): { readonly name: string; readonly services: readonly string[] } {
  if (services?.includes(gatewayName) === true && app.gateway === undefined)
    throw new CommandFailure(exitCodes.usage, `'${app.name}' has no gateway; --services names one.`)
  if (services !== undefined) return { name: wanted ?? services.join('+'), services }
  const groups = groupsOf(app)
  const group = wanted === undefined && groups.length === 1 ? groups[0] : groups.find(({ name }) => name === wanted)
  if (group !== undefined) return group
  const names = groups.map(({ name }) => name).join(', ')
  throw new CommandFailure(
    exitCodes.usage,
    wanted === undefined
      ? `Which group? The placement has ${names}. Choose with --group, or name --services.`
      : `There is no group '${wanted}'; the placement has ${names}. Or name --services.`,
  )
}

function parseAddress(text: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text)
  const [, bracketed, plain, port] = match ?? []
  const host = bracketed ?? plain
  if (host === undefined || Number(port) > 65_535)
    throw new CommandFailure(exitCodes.usage, `--listen is '${text}'; write host:port, for instance 0.0.0.0:7000.`)
  return { host, port: Number(port) }
}

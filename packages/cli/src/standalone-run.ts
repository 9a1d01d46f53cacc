import { type AppDefinition, busName, gatewayName, groupsOf } from '@holon/app'
import { isRecord, messageOf, type Observer, type Platform } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import type { Address, PeerListing } from '@holon/rpc'
import { createProvisioner, databaseVariable, type Provisioner } from '@holon/supervisor'
import { createLogObserver, limitRepeats } from '@holon/telemetry'

import { findConfig, loadConfig } from './config-file.ts'
import { dataFolderOf } from './data-folder.ts'
import { CommandFailure, type ExitCode, exitCodes } from './exit-code.ts'
import type { Host } from './host.ts'
import { parseLogLevel, wantsColors } from './log-options.ts'
import { portOf } from './port-variable.ts'
import { releaseWhenIdle } from './release-when-idle.ts'
import type { RunOptions } from './run-command.ts'
import { startGroup } from './running-group.ts'
import { createStopSwitch } from './stop-switch.ts'

const graceMs = 10_000
const defaultGatewayPort = 8080

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
  checkSecret(linkSecret, listen !== undefined ? '--listen' : peers.length > 0 ? 'HOLON_PEERS' : undefined)
  const provisioner = provisionerOf(environment, dataFolderOf(host, options.data, path))
  const starting = startGroup({
    app,
    services,
    instance: `${name}-${Buffer.from(platform.randomBytes(4)).toString('hex')}`,
    platform,
    observer: createObserver(host, { ...options, name }, platform),
    environment,
    provision: (service, needs) => provisioner.provision(service, needs),
    listen,
    linkSecret,
    gateway: {
      host: options.host,
      port: options.port ?? portOf('PORT', environment) ?? app.gateway?.port ?? defaultGatewayPort,
      reusePort: options.reusePort === true,
    },
    peers: () => peers,
    watchPeers: (changed) => changed(peers),
    busPlacement: async () => placeBus(app, peers),
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

const leastSecretBytes = 32

/** Whoever guesses the secret can call every service; a short one can be guessed from a single handshake. */
function checkSecret(secret: string | undefined, neededBy: string | undefined): void {
  const bytes = Buffer.byteLength(secret ?? '')
  if (bytes >= leastSecretBytes || (secret === undefined && neededBy === undefined)) return
  const problem =
    bytes === 0 && neededBy !== undefined
      ? `${neededBy} needs HOLON_LINK_SECRET, which all instances of the app share`
      : `HOLON_LINK_SECRET has only ${bytes} bytes`
  throw new CommandFailure(
    exitCodes.usage,
    `${problem}. Use a random text of at least ${leastSecretBytes} bytes; this makes one: node -p "crypto.randomBytes(32).toString('base64url')"`,
  )
}

function createObserver(
  host: Host,
  { logLevel, json, name }: Pick<RunOptions, 'logLevel' | 'json'> & { readonly name: string },
  platform: Platform,
): Observer {
  const level = parseLogLevel(logLevel, host.environment)
  const log = createLogObserver({
    level,
    format: json === true || !host.stdout.isTerminal ? 'json' : 'pretty',
    colors: wantsColors(host.stdout, host.environment),
    instance: host.environment['HOSTNAME'] ?? name,
    now: () => platform.now(),
    write: (line) => host.stdout.write(line),
  })
  return limitRepeats(log, { platform, level })
}

/** Without a supervisor nobody makes sure that there is one embedded bus, and no more. */
function placeBus(app: AppDefinition, peers: readonly PeerListing[]): 'here' | 'elsewhere' {
  if (peers.some(({ services }) => services.some(({ name }) => name === busName))) return 'elsewhere'
  const [only, ...others] = groupsOf(app)
  if (others.length === 0 && only?.replicas === 1) return 'here'
  throw new CommandFailure(
    exitCodes.failed,
    `'${app.name}' uses the embedded bus, and no peer in HOLON_PEERS serves it. Run it once with --services ${busName} and name that instance in HOLON_PEERS, or choose a bus in holon.config.ts that runs by itself (nats, rabbitmq, kafka).`,
  )
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

/** Without a supervisor there is no embedded database either. */
function provisionerOf(environment: Host['environment'], dataFolder: string): Provisioner {
  const embedded = (service: string): never => {
    throw new CommandFailure(
      exitCodes.failed,
      `${databaseVariable(service)} is not set; it must be the URL of the database of '${service}'.`,
    )
  }
  return createProvisioner({ environment: () => environment, dataFolder, embedded })
}

function parseAddress(text: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text)
  const [, bracketed, plain, port] = match ?? []
  const host = bracketed ?? plain
  if (host === undefined || Number(port) > 65_535)
    throw new CommandFailure(exitCodes.usage, `--listen is '${text}'; write host:port, for instance 0.0.0.0:7000.`)
  return { host, port: Number(port) }
}

function parsePeers(text: string | undefined): readonly PeerListing[] {
  if (text === undefined || text === '') return []
  let peers: unknown
  try {
    peers = JSON.parse(text)
  } catch (error) {
    throw peersFailure(`is not JSON (${messageOf(error)})`)
  }
  if (!Array.isArray(peers)) throw peersFailure('is no list')
  if (peers.every(isPeer)) return peers
  throw peersFailure(`names no instance in its element ${peers.findIndex((peer) => !isPeer(peer)) + 1}`)
}

function isPeer(peer: unknown): peer is PeerListing {
  if (!isRecord(peer) || typeof peer['instance'] !== 'string' || !isRecord(peer['address'])) return false
  const { path, host, port } = peer['address']
  const services: unknown = peer['services']
  return (
    (typeof path === 'string' || (typeof host === 'string' && typeof port === 'number')) &&
    Array.isArray(services) &&
    services.every((service) => isRecord(service) && typeof service['name'] === 'string')
  )
}

function peersFailure(problem: string): CommandFailure {
  return new CommandFailure(
    exitCodes.usage,
    `HOLON_PEERS ${problem}. Write a list, as GET /api/registry has it in peers: [{"instance":"orders","address":{"host":"10.0.0.7","port":7000},"services":[{"name":"orders"}]}]`,
  )
}

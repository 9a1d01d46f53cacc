import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import type { Platform } from '@holon/contract'
import type { Address, PeerListing } from '@holon/rpc'
import { type AppDefinition, busName, groupsOf, systemPlatform } from '@holon/runtime'
import { databaseVariable } from '@holon/supervisor'
import { createLogObserver } from '@holon/telemetry'

import { findConfig, loadConfig } from './config-file.ts'
import { CommandFailure, type ExitCode, exitCodes } from './exit-code.ts'
import type { Host } from './host.ts'
import { parseLogLevel, wantsColors } from './log-options.ts'
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
  const services = options.services?.split(',') ?? servicesOf(app, options.group)
  const listen = options.listen === undefined ? undefined : parseAddress(options.listen)
  const peers = parsePeers(environment['HOLON_PEERS'])
  checkSecret(linkSecret, listen !== undefined ? '--listen' : peers.length > 0 ? 'HOLON_PEERS' : undefined)
  const group = await startGroup({
    app,
    services,
    instance: `${options.group}-${Buffer.from(platform.randomBytes(4)).toString('hex')}`,
    platform,
    observer: createObserver(host, options, platform),
    environment,
    provision: (service, needs) => provision(service, needs, { environment, folder: dataFolder(host, options, path) }),
    listen,
    linkSecret,
    // A container's own loopback is nobody's.
    gateway: {
      host: options.host ?? '0.0.0.0',
      port: gatewayPort(app, options, environment),
      reusePort: options.reusePort === true,
    },
    peers: () => peers,
    watchPeers: (changed) => changed(peers),
    busPlacement: async () => placeBus(app, peers),
    onBroken: () => stop.requestAsBroken(),
  })
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
      : `HOLON_LINK_SECRET has ${bytes} bytes`
  throw new CommandFailure(
    exitCodes.usage,
    `${problem}: a random text of at least ${leastSecretBytes} bytes. This makes one: node -p "crypto.randomBytes(32).toString('base64url')"`,
  )
}

function createObserver(
  host: Host,
  { logLevel, json, group }: RunOptions,
  platform: Platform,
): ReturnType<typeof createLogObserver> {
  return createLogObserver({
    level: parseLogLevel(logLevel, host.environment),
    format: json === true || !host.stdout.isTerminal ? 'json' : 'pretty',
    colors: wantsColors(host.stdout, host.environment),
    instance: host.environment['HOSTNAME'] ?? group,
    now: () => platform.now(),
    write: (line) => host.stdout.write(line),
  })
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

function servicesOf(app: AppDefinition, name: string): readonly string[] {
  const groups = groupsOf(app)
  const group = groups.find((known) => known.name === name)
  if (group !== undefined) return group.services
  const names = groups.map((known) => known.name).join(', ')
  throw new CommandFailure(
    exitCodes.usage,
    `There is no group '${name}'; the placement has ${names}. Or name --services.`,
  )
}

function gatewayPort(app: AppDefinition, { port }: RunOptions, environment: Host['environment']): number {
  return port ?? (Number(environment['PORT']) || app.gateway?.port || defaultGatewayPort)
}

function dataFolder(host: Host, { data }: RunOptions, config: string): string {
  return resolve(host.folder, data ?? host.environment['HOLON_DATA'] ?? join(dirname(config), '.holon'))
}

async function provision(
  service: string,
  needs: 'url' | 'file',
  { environment, folder }: { readonly environment: Host['environment']; readonly folder: string },
): Promise<string> {
  if (needs === 'file') {
    mkdirSync(join(folder, 'sqlite'), { recursive: true, mode: 0o700 })
    return join(folder, 'sqlite', `${service}.db`)
  }
  const variable = databaseVariable(service)
  const url = environment[variable]
  if (url !== undefined && url !== '') return url
  throw new CommandFailure(
    exitCodes.failed,
    `${variable} is not set; it must be the URL of the database of '${service}'.`,
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

function parsePeers(text: string | undefined): readonly PeerListing[] {
  if (text === undefined || text === '') return []
  try {
    // What is no list of peers fails when the peers are set, or leads nowhere.
    return JSON.parse(text) as readonly PeerListing[]
  } catch {
    throw new CommandFailure(exitCodes.usage, 'HOLON_PEERS is not JSON; it must be a list as GET /api/registry shows.')
  }
}

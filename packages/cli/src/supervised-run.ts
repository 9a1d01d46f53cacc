import { DefinitionError } from '@holon/contract'
import type { PeerListing } from '@holon/rpc'
import { busName, type InstanceAssignment, systemPlatform, type ToInstance } from '@holon/runtime'
import type { FromInstance } from '@holon/supervisor'
import { createLogObserver } from '@holon/telemetry'

import { findConfig, loadConfig } from './config-file.ts'
import { type ExitCode, exitCodes } from './exit-code.ts'
import type { Host, ParentChannel } from './host.ts'
import { watchLoadedFiles } from './loaded-files.ts'
import { parseLogLevel } from './log-options.ts'
import { releaseWhenIdle } from './release-when-idle.ts'
import type { RunOptions } from './run-command.ts'
import { type RunningGroup, startGroup } from './running-group.ts'
import { createStopSwitch, type StopSwitch } from './stop-switch.ts'

interface SupervisedOptions extends RunOptions {
  readonly assignment: InstanceAssignment
}

// The supervisor is gone: nobody waits for us, and nobody else will end us.
const orphanGraceMs = 2_000

/** Runs a group as a child of a supervisor; see `instance-protocol.ts` for what they tell each other. */
export async function runSupervised(host: Host, parent: ParentChannel, options: SupervisedOptions): Promise<ExitCode> {
  const send = (message: FromInstance): Promise<void> => parent.send(message)
  if (host.environment['HOLON_WATCH'] !== undefined) watchLoadedFiles((files) => void send({ kind: 'loaded', files }))
  const platform = systemPlatform()
  const stop = createStopSwitch(host, platform)
  const supervisor = listen(parent, stop)
  // Ctrl-C in a terminal reaches every process; the supervisor decides about the order.
  host.onSignal((signal) => signal === 'SIGTERM' && stop.request(defaultGraceMs))
  let group: RunningGroup
  try {
    group = await start(host, options, { send, supervisor, stop })
  } catch (error) {
    await send({ kind: 'failed', message: explain(error), permanent: isPermanent(error) })
    return exitCodes.failed
  }
  supervisor.onPeers((peers) => group.instance.setPeers(peers))
  const { address, services, events } = group.instance
  if (address === undefined) throw new Error('An instance under a supervisor must listen.')
  await send({ kind: 'ready', address, services, events, gatewayUrl: group.gatewayUrl })
  host.saveCompileCache()
  releaseWhenIdle(host.memory, systemPlatform())
  await group.stop(await stop.requested)
  await send({ kind: 'stopped' })
  return stop.exitCode
}

const defaultGraceMs = 10_000

interface Supervision {
  readonly send: (message: FromInstance) => Promise<void>
  readonly supervisor: SupervisorChannel
  readonly stop: StopSwitch
}

async function start(
  host: Host,
  options: SupervisedOptions,
  { send, supervisor, stop }: Supervision,
): Promise<RunningGroup> {
  const { assignment } = options
  const platform = systemPlatform()
  const linkSecret = await supervisor.linkSecret
  const app = await loadConfig(findConfig(host.folder, options.config))
  return startGroup({
    app,
    services: assignment.services,
    instance: assignment.instance,
    platform,
    observer: createLogObserver({
      level: parseLogLevel(options.logLevel, host.environment),
      instance: assignment.instance,
      now: () => platform.now(),
      write: (line) => host.stdout.write(line),
    }),
    environment: host.environment,
    provision: (service, needs) =>
      supervisor.provision((request) => send({ kind: 'provision', request, service, needs })),
    busPlacement: async () => {
      const ask = (request: number): Promise<void> =>
        send({ kind: 'provision', request, service: busName, needs: 'bus' })
      return (await supervisor.provision(ask)) === 'here' ? 'here' : 'elsewhere'
    },
    replica: assignment.instance.slice(0, assignment.instance.lastIndexOf('-')),
    watchPeers: (changed) => supervisor.onPeers(changed),
    onBroken: () => stop.requestAsBroken(),
    startWatch: {
      step: (limitMs) => void send({ kind: 'step', limitMs }),
      waits: (waits) => void send({ kind: 'waits', waits }),
      onCircle: (found) => supervisor.onCircle(found),
    },
    listen: assignment.listen,
    linkSecret,
    gateway: { host: options.host, port: assignment.gatewayPort ?? 0, reusePort: options.reusePort === true },
    peers: () => supervisor.peers,
  })
}

interface SupervisorChannel {
  /** The supervisor tells it first of all. */
  readonly linkSecret: Promise<string>
  /** The other instances, as last told. */
  readonly peers: readonly PeerListing[]
  /** Calls with the others now and whenever that changes. */
  onPeers(listener: (peers: readonly PeerListing[]) => void): void
  /** Calls with services that wait for each other in their start hooks. */
  onCircle(listener: (services: readonly string[]) => void): void
  /** Sends a request with a number of its own and resolves with the answer. */
  provision(ask: (request: number) => Promise<void>): Promise<string>
}

function listen(parent: ParentChannel, stop: StopSwitch): SupervisorChannel {
  let peers: readonly PeerListing[] = []
  let onPeers = (_peers: readonly PeerListing[]): void => undefined
  let onCircle = (_services: readonly string[]): void => undefined
  let requests = 0
  const secret = Promise.withResolvers<string>()
  const pending = new Map<number, PromiseWithResolvers<string>>()
  parent.onClose(() => stop.request(orphanGraceMs))
  parent.onMessage((received) => {
    // The parent is the supervisor, of this very version.
    const message = received as ToInstance
    switch (message.kind) {
      case 'secret':
        secret.resolve(message.linkSecret)
        break
      case 'peers':
        ;({ peers } = message)
        onPeers(peers)
        break
      case 'provisioned':
        if (message.connection === undefined)
          pending.get(message.request)?.reject(new Error(message.error ?? 'refused'))
        else pending.get(message.request)?.resolve(message.connection)
        pending.delete(message.request)
        break
      case 'circle':
        onCircle(message.services)
        break
      case 'stop':
        stop.request(message.graceMs)
        break
      default:
    }
  })
  return {
    linkSecret: secret.promise,
    get peers() {
      return peers
    },
    onPeers(listener) {
      onPeers = listener
      listener(peers)
    },
    onCircle(listener) {
      onCircle = listener
    },
    async provision(ask) {
      requests += 1
      const answer = Promise.withResolvers<string>()
      pending.set(requests, answer)
      await ask(requests)
      return answer.promise
    },
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof DefinitionError || isTakenPort(error)) return error.message
  // What failed below it is what the person needs to know.
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack ?? error.cause.message}` : ''
  return `${error.stack ?? error.message}${cause}`
}

/** Trying again would end the same way: mistakes in definitions, files that do not load, a port that is taken. */
function isPermanent(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : undefined
  const isSyntax = error instanceof SyntaxError || code === 'ERR_MODULE_NOT_FOUND'
  return error instanceof DefinitionError || isSyntax || isTakenPort(error)
}

function isTakenPort({ cause }: Error): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'EADDRINUSE' || cause.code === 'EACCES')
}

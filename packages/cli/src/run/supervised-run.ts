import { DefinitionError, fieldOf, isInstance, messageOf, stackOf } from '@holon/contract'
import { MissingPackage } from '@holon/contract/optional-package'
import { systemPlatform } from '@holon/contract/system-platform'
import { systemReason } from '@holon/contract/system-reason'
import {
  findConfig,
  loadConfig,
  logLevelOf,
  type RunningGroup,
  runGroup,
  AppFailure,
  SettingFailure,
} from '@holon/host'
import type { RunningCall } from '@holon/rpc'
import type { FromInstance } from '@holon/supervisor'
import { createLogObserver, limitRepeats } from '@holon/telemetry'

import { CommandFailure, type ExitCode, exitCodes } from '../exit-code.ts'
import type { Host, ParentChannel } from '../host.ts'
import type { AssignedOptions } from './assigned-options.ts'
import { watchLoadedFiles } from './loaded-files.ts'
import { releaseWhenIdle } from './release-when-idle.ts'
import { createStopSwitch, type StopSwitch } from './stop-switch.ts'
import { type SupervisorChannel, supervisorChannel } from './supervisor-channel.ts'

/** Runs a group as a child of a supervisor; see `instance-protocol.ts` for what they tell each other. */
export async function runSupervised(host: Host, parent: ParentChannel, options: AssignedOptions): Promise<ExitCode> {
  const send = (message: FromInstance): Promise<void> => parent.send(message)
  if (host.environment['HOLON_WATCH'] !== undefined) watchLoadedFiles((files) => void send({ kind: 'loaded', files }))
  const platform = systemPlatform()
  const stop = createStopSwitch(host, platform)
  const supervisor = supervisorChannel(parent, { stop, isDebugged: () => host.isDebugged() })
  // Ctrl-C in a terminal reaches every process; the supervisor decides about the order.
  host.onSignal((signal) => signal === 'SIGTERM' && stop.request(defaultGraceMs))
  let group: RunningGroup | undefined
  try {
    group = await stop.started(start(host, options, { send, supervisor, stop }))
  } catch (error) {
    await send({ kind: 'failed', message: explain(error), permanent: isPermanent(error) })
    return exitCodes.failed
  }
  if (group === undefined) return stop.exitCode
  const { instance, gatewayUrl } = group
  supervisor.onPeers((peers) => instance.setPeers(peers))
  const { address, services, events } = instance
  if (address === undefined) throw new Error('An instance under a supervisor must listen.')
  await send({ kind: 'ready', address, services, events, gatewayUrl })
  host.showRunningCalls(() => instance.runningCalls().map(describeCall))
  host.saveCompileCache()
  releaseWhenIdle(host.memory, systemPlatform())
  const graceMs = await stop.requested
  // The supervisor kills it when the grace is over: what hangs is to be named before.
  await group.stop(graceMs, Math.max(0, Math.min(longestCloseMs, Math.floor(graceMs) - lastWordsMs)))
  await send({ kind: 'stopped' })
  return stop.exitCode
}

function describeCall({ operation, caller, runningMs }: RunningCall): string {
  return `${operation} (called by ${caller}, for ${(runningMs / 1_000).toFixed(1)} s)`
}

const defaultGraceMs = 10_000
const longestCloseMs = 5_000
const lastWordsMs = 500

interface Supervision {
  readonly send: (message: FromInstance) => Promise<void>
  readonly supervisor: SupervisorChannel
  readonly stop: StopSwitch
}

async function start(
  host: Host,
  options: AssignedOptions,
  { send, supervisor, stop }: Supervision,
): Promise<RunningGroup> {
  const { assignment } = options
  const platform = systemPlatform()
  const level = logLevelOf(undefined, host.environment)
  const log = createLogObserver({
    level,
    instance: assignment.instance,
    now: () => platform.now(),
    write: (line) => host.stdout.write(line),
  })
  const linkSecret = await supervisor.linkSecret
  const app = await loadConfig(findConfig(host.folder, options.config))
  return runGroup({
    app,
    services: assignment.services,
    instance: assignment.instance,
    platform,
    observer: limitRepeats(log, { platform, level }),
    environment: host.environment,
    provision: (service, store) =>
      supervisor.provision((request) => send({ kind: 'provision', request, service, store })),
    placeOwn: async () => {
      await send({ kind: 'place-bus' })
      return supervisor.busPlaced
    },
    replica: assignment.replica,
    watchPeers: (changed) => supervisor.onPeers(changed),
    onBroken: () => stop.requestAsBroken(),
    onUnfinished: () => stop.fail(),
    startWatch: {
      step: (limitMs) => void send({ kind: 'step', limitMs }),
      waits: (waits) => void send({ kind: 'waits', waits }),
      onCircle: (found) => supervisor.onCircle(found),
    },
    listen: assignment.listen,
    linkSecret,
    gateway: { host: options.host, port: assignment.gatewayPort ?? 0, reusePort: options.reusePort },
    peers: () => supervisor.peers,
  })
}

function explain(error: unknown): string {
  if (isTold(error)) return messageOf(error)
  const reason = systemReason(error)
  if (reason !== undefined) return reason
  // What failed below it is what the person needs to know.
  return stackOf(error)
}

/** Trying again would end the same way: mistakes in definitions, files that do not load, a port that is taken. */
function isPermanent(error: unknown): boolean {
  const isSyntax = isInstance(error, SyntaxError) || fieldOf(error, 'code') === 'ERR_MODULE_NOT_FOUND'
  return isSyntax || isTold(error)
}

/** Whether the message says all that there is to say. */
function isTold(error: unknown): boolean {
  return (
    isInstance(error, DefinitionError) ||
    isInstance(error, SettingFailure) ||
    isInstance(error, AppFailure) ||
    isInstance(error, CommandFailure) ||
    isInstance(error, MissingPackage) ||
    isTakenPort(error)
  )
}

function isTakenPort(error: unknown): boolean {
  const code = fieldOf(fieldOf(error, 'cause'), 'code')
  return code === 'EADDRINUSE' || code === 'EACCES'
}

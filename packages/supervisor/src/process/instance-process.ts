import { type ChildProcess, spawn } from 'node:child_process'

import type { EventListing, InstanceAssignment, StartWait, ToInstance } from '@holon/app'
import { messageOf, type Platform } from '@holon/contract'
import { systemReason } from '@holon/contract/system-reason'
import type { Address, ServiceListing } from '@holon/rpc'

import type { FromInstance } from './from-instance.ts'
import { createInstancePulse } from './instance-pulse.ts'
import { type Exit, formatExit, type Launch, PermanentFailure } from './launch.ts'
import { inspectable } from './whereabouts.ts'

/** What a running instance has told of itself. */
export interface ReadyInstance {
  readonly instance: string
  readonly address: Address
  readonly services: readonly ServiceListing[]
  readonly events: readonly EventListing[]
  readonly gatewayUrl: string | undefined
}

/** An instance as a child process. */
export interface InstanceProcess extends Launch<ReadyInstance> {
  readonly instance: string
  send(message: ToInstance): void
}

export interface InstanceProcessOptions {
  readonly assignment: InstanceAssignment
  /** Arguments of node: the command's entry and what follows. */
  readonly command: readonly string[]
  readonly folder: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly platform: Platform
  /** Takes each line that it writes, and each stack in one. */
  readonly onLine: (line: string) => void
  readonly onProvision: (request: Extract<FromInstance, { readonly kind: 'provision' }>) => Promise<string>
  /** Where it finds the embedded bus. */
  readonly onPlaceBus: () => Promise<'here' | 'elsewhere'>
  /** A step of its start begins that may take this long. */
  readonly onStep: (limitMs: number) => void
  /** Which of its services wait, in their start hooks, for which others. */
  readonly onWaits: (waits: readonly StartWait[]) => void
  /** Files that the instance has loaded; told in development only. */
  readonly onLoaded: (files: readonly string[]) => void
}

const mebibytes4 = String(4 * 1024 * 1024)

/**
 * Of glibc's malloc; others ignore them. More arenas only keep memory that nothing uses: JavaScript runs on one thread.
 * And what V8's compiler threads have freed goes back to the system, which glibc stops doing by itself as soon as it has
 * seen a large block: tens of megabytes after a time of load. Both thresholds must be named to keep it from that.
 */
const mallocSettings = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: mebibytes4,
  MALLOC_MMAP_THRESHOLD_: mebibytes4,
} as const

/** Starts an instance. It dies with this process: its IPC channel closes, and it exits. */
export function startInstanceProcess(options: InstanceProcessOptions): InstanceProcess {
  const { assignment, command, folder, environment } = options
  // Whoever has chosen how to debug it means that.
  const debug = environment['NODE_OPTIONS']?.includes('--inspect') === true ? [] : inspectable
  const child = spawn(process.execPath, [...debug, ...command], {
    cwd: folder,
    env: { ...mallocSettings, ...environment, HOLON_INSTANCE: JSON.stringify(assignment) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  // A message to a process that is just dying fails; its exit tells the same.
  const send = (message: ToInstance): void => {
    if (child.connected) child.send(message, () => undefined)
  }
  const pulse = createInstancePulse(child, { ...options, send })
  const exited = exitOf(child, options.onLine)
  const ready = readyOf(child, { ...options, send, exited })
  // Whoever stops listening to `ready` (a stop during the start) must not leave a rejection behind.
  ready.catch(() => undefined)
  return {
    instance: assignment.instance,
    pid: child.pid ?? 0,
    ready,
    exited,
    send,
    stop: (graceMs) => send({ kind: 'stop', graceMs }),
    kill: () => void child.kill('SIGKILL'),
    pulse,
  }
}

function exitOf(child: ChildProcess, onLine: (line: string) => void): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    // The program could not be started at all: there is no exit then.
    child.once('error', (error) => {
      if (child.pid !== undefined) return
      onLine(`It cannot be started: ${systemReason(error) ?? error.message}`)
      resolve({ code: 127, signal: null })
    })
  })
}

interface Conversation extends InstanceProcessOptions {
  readonly send: (message: ToInstance) => void
  readonly exited: Promise<Exit>
}

function readyOf(child: ChildProcess, conversation: Conversation): Promise<ReadyInstance> {
  const { assignment, exited, onLoaded, onStep, onWaits } = conversation
  return new Promise((resolve, reject) => {
    void exited.then((exit) => reject(new Error(`${formatExit(exit)} before it was ready`)))
    child.on('message', (message: FromInstance) => {
      switch (message.kind) {
        case 'provision':
          void answerProvision(message, conversation)
          break
        case 'place-bus':
          void answerPlaceBus(conversation)
          break
        case 'ready':
          resolve({ instance: assignment.instance, ...withoutKind(message) })
          break
        case 'failed':
          reject(message.permanent ? new PermanentFailure(message.message) : new Error(message.message))
          break
        case 'step':
          onStep(message.limitMs)
          break
        case 'waits':
          onWaits(message.waits)
          break
        case 'loaded':
          onLoaded(message.files)
          break
        case 'alive':
        case 'stopped':
          break
        default:
      }
    })
  })
}

function withoutKind(message: Extract<FromInstance, { readonly kind: 'ready' }>): Omit<ReadyInstance, 'instance'> {
  const { address, services, events, gatewayUrl } = message
  return { address, services, events, gatewayUrl }
}

async function answerProvision(
  message: Extract<FromInstance, { readonly kind: 'provision' }>,
  { onProvision, send }: Conversation,
): Promise<void> {
  const { request } = message
  try {
    send({ kind: 'provisioned', request, connection: await onProvision(message) })
  } catch (error) {
    send({ kind: 'provisioned', request, error: systemReason(error) ?? messageOf(error) })
  }
}

async function answerPlaceBus({ onPlaceBus, send }: Conversation): Promise<void> {
  try {
    send({ kind: 'bus-placed', at: await onPlaceBus() })
  } catch (error) {
    send({ kind: 'bus-placed', error: systemReason(error) ?? messageOf(error) })
  }
}

import type { AppDefinition, EventListing, StartWatch } from '@holon/app'
import type { Observer, Platform } from '@holon/contract'
import type { Address, Invoker, Network, PeerListing, RunningCall, ServiceListing } from '@holon/rpc'

import type { InstanceCaller } from './callers.ts'
import type { EventWork } from './events/event-work.ts'

/** What `startInstance` needs; the composition root (the `holon` command, or a test) decides each part. */
export interface InstanceOptions {
  readonly app: AppDefinition
  /** Names of the services to run here. Only their modules are loaded. */
  readonly services: readonly string[]
  /** Unique for this start. */
  readonly instance: string
  readonly platform: Platform
  readonly network: Network
  readonly observer: Observer
  /** Environment variables; the configuration of services is read from them. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Gives what a service's store of this kind connects to: a file path for `sqlite`, else a URL. */
  readonly provision: (service: string, kind: string) => Promise<string>
  /** Where peers reach this instance; undefined: it takes no calls from outside the process. */
  readonly listen: Address | undefined
  /** Who calls from here without being a service, and which services each may call; see {@link Instance.invoker}. */
  readonly callers?: readonly InstanceCaller[]
  /** Name of this copy of the group, the same after a restart. Default: `instance`. */
  readonly replica?: string
  /**
   * Where a service of Holon's own runs (the embedded bus, `holon-bus`); asked once, if a service here needs it and `services`
   * does not name it. `elsewhere`: in an instance that is or will be among the peers. Default: `here`.
   */
  readonly placeOwn?: (service: string) => Promise<'here' | 'elsewhere'>
  /** Calls `changed` with the other instances, now and whenever they change. */
  readonly watchPeers?: (changed: (peers: readonly PeerListing[]) => void) => void
  /** Sees the starts of all instances. Without it a start hook that waits in vain is only told so when its time is over. */
  readonly startWatch?: StartWatch
  /** Something here is broken that only a new start mends (the disk below the embedded bus): the instance should be stopped. */
  readonly onBroken?: (error: unknown) => void
  /** Hears, while the instance stops, of each stop hook and store that failed or did not end in time. */
  readonly onUnfinished?: (error: unknown) => void
  /**
   * Opens stores and bus and nothing else: no start hook runs, no event is relayed or handled, no schedule runs. For
   * looking after the events of an app that is down. Default false.
   */
  readonly atRest?: boolean
  /** Default true. False sends every value in the self-describing encoding: for tests, and to find a fault. */
  readonly compiledCodecs?: boolean
  /** Proves to peers that this instance belongs to the app. Needed with `listen`. */
  readonly linkSecret: string | undefined
}

/** A running instance: services started, calls accepted. */
export interface Instance {
  readonly instance: string
  /** Where peers reach it. */
  readonly address: Address | undefined
  readonly services: readonly ServiceListing[]
  /** What its services publish and subscribe to. */
  readonly events: readonly EventListing[]
  /** Tells it where all other instances are; replaces what it was told before. */
  setPeers(peers: readonly PeerListing[]): void
  /** Calls from outside any handler, under a name that `callers` declares. */
  invoker(caller: string): Invoker
  /**
   * Whether its stores answer and every used service can be reached; what is wrong otherwise. `callable`: whether any of the
   * used services can be reached at all, or none is used.
   */
  check(
    signal?: AbortSignal,
  ): Promise<{ readonly ready: boolean; readonly callable: boolean; readonly problems: readonly string[] }>
  /** What its services are answering now, longest first. */
  runningCalls(): readonly RunningCall[]
  /**
   * What of the events of its services is under way, for who waits until nothing is; see {@link movesEvents}. Rejects when a
   * store or the bus does not answer.
   */
  eventWork(): Promise<readonly EventWork[]>
  /** Whether an event is being relayed or handled here just now, or a schedule runs. Asks nobody. */
  movesEvents(): boolean
  /**
   * Takes no new calls, lets running ones finish within `graceMs`, then stops services and closes stores, each within
   * `closeMs` (default 5 000). Idempotent.
   */
  stop(graceMs: number, closeMs?: number): Promise<void>
}

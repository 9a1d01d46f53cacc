import { rmSync } from 'node:fs'
import { join } from 'node:path'

import type { Group, InstanceAssignment } from '@holon/app'
import { unknownEvents } from '@holon/app/event-listing'
import { busName } from '@holon/app/placement'
import { databaseVariable, type Provider, provideFrom } from '@holon/app/provider'
import type { Observer, Platform } from '@holon/contract'
import type { Address, PeerListing } from '@holon/rpc'

import type { Guardian } from '../process/guardian.ts'
import { type InstanceProcess, startInstanceProcess } from '../process/instance-process.ts'
import type { AnyKeptProcess } from '../process/kept-process.ts'
import type { AppDescription } from './app-description.ts'
import { createExternals, type External, type ExternalOptions } from './external.ts'
import { FirstStart } from './first-start.ts'
import { InstanceGroup } from './instance-group.ts'
import { observeState } from './observe-state.ts'
import { StartCircles } from './start-circles.ts'
import { stopInOrder } from './stop-in-order.ts'

export interface FleetOptions {
  readonly app: AppDescription
  readonly platform: Platform
  readonly observer: Observer
  readonly guardian: Guardian
  /** Where the stores of services are, in the order in which they are asked. */
  readonly providers: readonly Provider[]
  readonly environment: () => Readonly<Record<string, string | undefined>>
  /** Arguments of node that run a group. */
  readonly command: (group: Group) => readonly string[]
  /** Folder of the instances' sockets; undefined: they listen on TCP. */
  readonly sockets: string | undefined
  readonly linkSecret: string
  /** Where the gateway listens, as far as it is known: 0 before it has chosen a free port. */
  readonly gatewayPort: () => number | undefined
  /** Where external processes find the gateway. */
  readonly gatewayUrl: () => string | undefined
  /** A gateway listens. */
  readonly onGateway: (url: string) => void
  /** Somebody edits the files: what cannot start waits for the next change. */
  readonly watch: boolean
  /** Takes each line that a process writes. */
  readonly onLine: (source: string, line: string) => void
  /** Hears of the files that an instance has loaded. */
  readonly onLoaded: (files: readonly string[]) => void
}

// A first start may have to make a database cluster and run all migrations.
const readyWithinMs = 90_000
/** What a step of a start may take beyond its own limit, until it tells that it has failed. */
const stepMarginMs = 15_000
// When one process is given up, the others get this long to tell what is wrong with them too.
const otherProblemsMs = 2_000

/** All processes of one app as it is described now. */
export class Fleet {
  readonly app: AppDescription
  externals: readonly External[] = []
  readonly #groups: InstanceGroup[]
  #bus: Promise<void> | undefined
  #busStart = new FirstStart([])
  readonly #options: FleetOptions
  readonly #circles: StartCircles
  #firstStart = new FirstStart([])
  #started = false
  #stopped = false

  constructor(options: FleetOptions) {
    this.#options = options
    this.app = options.app
    this.#circles = new StartCircles({
      platform: options.platform,
      isRunning: (service) => this.listings().some(({ services }) => services.some(({ name }) => name === service)),
      onCircle: (services) => this.groups.forEach((group) => group.tellCircle(services)),
    })
    this.#groups = options.app.groups.map((plan) => this.#createGroup(plan))
  }

  /** Those of the placement, and that of the embedded bus if it has a process of its own. */
  get groups(): readonly InstanceGroup[] {
    return this.#groups
  }

  get gatewayUrl(): string | undefined {
    return this.groups.map((group) => group.gatewayUrl).find((url) => url !== undefined)
  }

  /** All running instances. */
  listings(): readonly PeerListing[] {
    return this.groups.flatMap((group) => group.listings())
  }

  /** Starts external processes, then all groups. Resolves with what cannot start once everything else is ready. */
  async start(): Promise<readonly string[]> {
    const { app } = this.#options
    const created = await createExternals(app.processes, this.#externalOptions())
    if (created.problems.length > 0) return created.problems
    this.externals = created.externals
    const external = await this.#startAll(this.externals.map(({ name, kept }) => ({ name, kept })))
    if (external.length > 0) return external
    const failed = await this.#startAll(this.groups.flatMap(({ replicas }) => replicas))
    const problems = failed.length > 0 ? failed : this.#unknownEvents()
    this.#started = problems.length === 0
    return problems
  }

  /** Restarts groups; those that had failed start too. */
  async restartGroups(names: readonly string[], graceMs: number): Promise<void> {
    const groups = this.groups.filter(({ name }) => names.includes(name))
    await Promise.all(groups.map((group) => group.stop(graceMs)))
    if (this.#stopped) return
    for (const group of groups) {
      group.loadedFiles.clear()
      group.start()
    }
  }

  async restartExternals(names: readonly string[], graceMs: number): Promise<void> {
    const externals = this.externals.filter(({ name }) => names.includes(name))
    await Promise.all(externals.map(({ kept }) => kept.stop(graceMs)))
    if (!this.#stopped) for (const { kept } of externals) kept.start()
  }

  /** Stops everything in order; see {@link stopInOrder}. */
  stop(graceMs: number): Promise<readonly string[]> {
    this.#stopped = true
    this.#firstStart.giveUp()
    this.#busStart.giveUp()
    const { platform } = this.#options
    return stopInOrder({ platform, groups: this.groups, externals: this.externals }, graceMs)
  }

  /** Ends everything now. */
  kill(): void {
    this.#stopped = true
    for (const group of this.groups) group.kill()
    for (const { kept } of this.externals) kept.kill()
  }

  /** Each process has looked at what it runs itself; here are all of them. */
  #unknownEvents(): readonly string[] {
    const running = new Set(this.listings().flatMap(({ services }) => services.map(({ name }) => name)))
    return unknownEvents(
      this.groups.flatMap((group) => group.events),
      running,
    )
  }

  async #startAll(
    members: readonly { readonly name: string; readonly kept: AnyKeptProcess }[],
  ): Promise<readonly string[]> {
    if (this.#stopped) return []
    this.#firstStart = new FirstStart(members.map(({ name }) => name))
    for (const { kept } of members) kept.start()
    return this.#firstStart.settled
  }

  /**
   * Where the embedded bus runs: in the only process there is, or else in one of its own, which is started when the
   * first instance asks.
   */
  async #placeBus(): Promise<'here' | 'elsewhere'> {
    if (this.#hasOneProcess) return 'here'
    this.#bus ??= this.#startBus()
    await this.#bus
    return 'elsewhere'
  }

  get #hasOneProcess(): boolean {
    const [only, ...others] = this.app.groups
    return others.length === 0 && only?.replicas === 1
  }

  async #startBus(): Promise<void> {
    const group = this.#createGroup({ name: busName, services: [busName], replicas: 1 })
    this.#groups.push(group)
    this.#busStart = new FirstStart(group.replicas.map(({ name }) => name))
    group.start()
    const [problem] = await this.#busStart.settled
    if (problem !== undefined) throw new Error(problem)
  }

  #changed(name: string, kept: AnyKeptProcess): void {
    observeState(this.#options.observer, name, kept.state)
    const wasDoomed = this.#firstStart.doomed
    this.#firstStart.observe(name, kept)
    this.#busStart.observe(name, kept)
    if (!wasDoomed && this.#firstStart.doomed)
      this.#options.platform.setTimer(() => this.#firstStart.giveUp(), otherProblemsMs).unref()
  }

  #createGroup(plan: Group): InstanceGroup {
    const { app, platform, gatewayPort, sockets } = this.#options
    const group: InstanceGroup = new InstanceGroup(plan, {
      platform,
      gatewayPort,
      readyWithinMs,
      silenceMs: app.hangTimeoutMs,
      // A running app is kept running: what was permanent then (a taken port) may pass.
      halts: () => this.#options.watch || !this.#started,
      listenAddress: (start) => listenAddress(sockets, start),
      launch: (assignment, replica) => this.#launch(group, assignment, replica),
      onChange: (_group, { name, kept }) => {
        if (group.gatewayUrl !== undefined) this.#options.onGateway(group.gatewayUrl)
        // A peer that is gone must get no more calls: tell before anything else.
        const peers = this.listings()
        for (const each of this.groups) each.announce(peers)
        this.#changed(name, kept)
      },
    })
    return group
  }

  #launch(group: InstanceGroup, assignment: InstanceAssignment, replica: string): InstanceProcess {
    const { app, platform, command, providers, guardian, linkSecret, onLine, onLoaded } = this.#options
    const source = group.plan.replicas > 1 ? replica : group.name
    const process = startInstanceProcess({
      assignment,
      command: command(group.plan),
      folder: app.folder,
      environment: this.#environment(group.plan.services),
      platform,
      onLine: (line) => onLine(source, line),
      onPlaceBus: () => this.#placeBus(),
      onProvision: async ({ service, store }) => {
        // A process that has been taken over must not get at the data of services that run elsewhere.
        const isBus = service === busName && this.#hasOneProcess
        if (!isBus && !group.plan.services.includes(service))
          throw new Error(`'${service}' is not placed in group '${group.name}'.`)
        return provideFrom(providers, service, store)
      },
      onStep: (limitMs) => group.replicas.find(({ name }) => name === replica)?.kept.allow(limitMs + stepMarginMs),
      onWaits: (waits) => this.#circles.update(assignment.instance, waits),
      onLoaded: (files) => {
        for (const file of files) group.loadedFiles.add(file)
        onLoaded(files)
      },
    })
    const release = guardian.watch({ target: process.pid, signal: 'SIGTERM', stage: 'process' })
    void process.exited.then(() => {
      release()
      this.#circles.update(assignment.instance, [])
      if ('path' in assignment.listen) rmSync(assignment.listen.path, { force: true })
    })
    process.send({ kind: 'secret', linkSecret })
    // What it must know before it is ready itself: a service may call another one while it starts.
    process.send({ kind: 'peers', peers: this.listings() })
    return process
  }

  /** What a process finds in its environment: not how to get at the data of services that run elsewhere. */
  #environment(services: readonly string[]): Readonly<Record<string, string | undefined>> {
    const environment: Record<string, string | undefined> = { ...this.#options.environment() }
    for (const service of this.app.groups.flatMap((group) => group.services))
      if (!services.includes(service)) delete environment[databaseVariable(service)]
    for (const { definition, url } of this.externals)
      if (definition.urlVariable !== undefined) environment[definition.urlVariable] = url
    return environment
  }

  #externalOptions(): ExternalOptions {
    const { app, platform, guardian, onLine, gatewayUrl } = this.#options
    return {
      folder: app.folder,
      platform,
      guardian,
      environment: () => this.#environment([]),
      readyWithinMs,
      silenceMs: app.hangTimeoutMs,
      gatewayUrl,
      onLine,
      onChange: (name, kept) => this.#changed(name, kept),
    }
  }
}

/** Named by the random part of the instance's name alone: paths of sockets are short. */
function listenAddress(sockets: string | undefined, start: string): Address {
  return sockets === undefined ? { host: '127.0.0.1', port: 0 } : { path: join(sockets, `${start}.sock`) }
}

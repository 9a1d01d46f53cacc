import { type AppDefinition, busName, gatewayName, groupsOf } from '@holon/app'
import { splitPlacement } from '@holon/app/placement'
import type { Observer, Platform } from '@holon/contract'
import { within } from '@holon/contract/platform'
import { memoryNetwork, type PeerListing } from '@holon/rpc'
import { type Instance, startInstance } from '@holon/runtime'

import type { TestAppOptions } from './test-app.ts'

/** Who calls from a test: the test itself, and in the name of the tools of the platform. */
export const testCaller = 'test'
const toolCaller = 'cli'

/** For what comes after the time in which calls may finish. */
const cutOffMs = 1_000

export interface InstancesParts {
  readonly app: AppDefinition
  /** What is to run: services, and `gateway`. */
  readonly services: readonly string[]
  readonly placement: NonNullable<TestAppOptions['placement']>
  /** Whether the embedded bus is the one that carries events. */
  readonly embeddedBus: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly platform: Platform
  /** Time that nobody moves. */
  readonly real: Platform
  readonly observer: Observer
  readonly provide: (service: string, kind: string) => Promise<string>
}

/** Instances in this process that reach each other over a network in memory, as processes do. */
export class Instances {
  readonly all: Instance[] = []
  readonly #parts: InstancesParts
  readonly #network = memoryNetwork()
  readonly #watchers: ((peers: readonly PeerListing[]) => void)[] = []
  /** What each instance runs. Of several the last runs nothing: the test calls from there, as from outside. */
  readonly #groups: readonly (readonly string[])[]
  #caller: Instance | undefined
  #gateway: Instance | undefined
  #started = 0
  /** Replicas. */
  readonly #starting = new Set<Promise<Instance>>()

  constructor(parts: InstancesParts) {
    this.#parts = parts
    this.#groups = groupsIn(parts)
  }

  /** Starts all groups, at the same time: their start hooks may wait for each other. */
  async start(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#groups.map((services) => this.#start(services)))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed) throw failed.reason
    const running = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    // In the order of the groups, whichever was ready first.
    this.all.splice(0, this.all.length, ...running)
    this.#caller = running.at(-1)
    this.#gateway = running[this.#groups.findIndex((services) => services.includes(gatewayName))]
  }

  /** One more copy of services, of an app that may have others of them. */
  async startReplica(services: readonly string[], app: AppDefinition): Promise<Instance> {
    const starting = this.#start(services, app)
    this.#starting.add(starting)
    try {
      return await starting
    } finally {
      this.#starting.delete(starting)
    }
  }

  /** The others are told, as a supervisor tells them. */
  async stopReplica(instance: Instance, graceMs: number): Promise<void> {
    const index = this.all.indexOf(instance)
    if (index >= 0) this.all.splice(index, 1)
    this.#tell()
    await instance.stop(graceMs)
  }

  get caller(): Instance {
    if (this.#caller) return this.#caller
    throw new Error('Nothing has started.')
  }

  /** The instance that the gateway calls from. */
  get gateway(): Instance {
    return this.#gateway ?? this.caller
  }

  /** The last started first. What has not stopped a second after its time, as where its clock stands still, is left behind. */
  async stop(graceMs: number): Promise<void> {
    const { real } = this.#parts
    // Nobody would stop what starts later.
    await within(real, graceMs, Promise.allSettled(this.#starting))
    for (const instance of this.all.toReversed())
      await within(real, graceMs + cutOffMs, instance.stop(graceMs, cutOffMs))
  }

  async #start(services: readonly string[], app: AppDefinition = this.#parts.app): Promise<Instance> {
    const { environment, platform, observer, provide } = this.#parts
    const isOnly = this.#groups.length === 1 && this.#started === 0
    const uses = Object.keys(app.services)
    const instance = await startInstance({
      app,
      services,
      // The same at each start, so that one over the data of an earlier one is that one, started again.
      instance: `test-${this.#started++}`,
      platform,
      network: this.#network,
      observer,
      environment,
      provision: provide,
      listen: { host: 'memory', port: 0 },
      linkSecret: 'the secret of a network that is this process',
      callers: [
        { name: testCaller, uses, canWait: true },
        { name: toolCaller, uses, canWait: true, role: 'operator' },
      ],
      placeOwn: async () => (isOnly ? 'here' : 'elsewhere'),
      watchPeers: (changed) => {
        this.#watchers.push(changed)
        changed(this.#listings())
      },
    })
    this.all.push(instance)
    this.#tell()
    return instance
  }

  #tell(): void {
    for (const changed of this.#watchers) changed(this.#listings())
  }

  #listings(): readonly PeerListing[] {
    return this.all.flatMap(({ instance, address, services }) => (address ? [{ instance, address, services }] : []))
  }
}

function groupsIn({ app, services, placement, embeddedBus }: InstancesParts): readonly (readonly string[])[] {
  const isSplit = placement === 'split'
  const groups = groupsOf(app, isSplit ? splitPlacement(app) : placement)
    .map((group) => group.services.filter((name) => services.includes(name)))
    .filter((names) => names.length > 0)
  if (isSplit || groups.length > 1) return [...(embeddedBus ? [[busName]] : []), ...groups, []]
  // Also where nothing is to run.
  return [groups[0] ?? []]
}

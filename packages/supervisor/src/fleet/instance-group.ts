import type { EventListing, Group, InstanceAssignment } from '@holon/app'
import { type Platform, randomId } from '@holon/contract'
import type { Address, PeerListing } from '@holon/rpc'

import type { InstanceProcess, ReadyInstance } from '../process/instance-process.ts'
import { KeptProcess } from '../process/kept-process.ts'
import type { KeptState } from '../process/kept-state.ts'
import { formatExit } from '../process/launch.ts'

/** One copy of a group. */
export interface Replica {
  /** `orders-1`. */
  readonly name: string
  readonly kept: KeptProcess<ReadyInstance>
  /** Undefined before its first start. */
  readonly process: InstanceProcess | undefined
}

export interface InstanceGroupOptions {
  readonly platform: Platform
  readonly listenAddress: (instance: string) => Address
  readonly gatewayPort: () => number | undefined
  /** Starts the process of an instance. */
  readonly launch: (assignment: InstanceAssignment, replica: string) => InstanceProcess
  readonly onChange: (group: InstanceGroup, replica: Replica, before: KeptState<ReadyInstance>) => void
  readonly readyWithinMs: number
  readonly silenceMs: number
  readonly halts: () => boolean
}

/** The copies of one group. */
export class InstanceGroup {
  readonly plan: Group
  readonly replicas: readonly Replica[]
  /** Files that its processes have loaded, in development. */
  readonly loadedFiles: Set<string> = new Set()

  constructor(plan: Group, options: InstanceGroupOptions) {
    this.plan = plan
    this.replicas = Array.from({ length: plan.replicas }, (_, index) => this.#createReplica(index + 1, options))
  }

  get name(): string {
    return this.plan.name
  }

  /** Services that its services call, as far as its instances have told. */
  get uses(): readonly string[] {
    return this.listings().flatMap(({ services }) => services.flatMap(({ uses }) => uses))
  }

  /** What its services publish and subscribe to, as far as its instances have told. */
  get events(): readonly EventListing[] {
    for (const { kept } of this.replicas) if (kept.state.phase === 'running') return kept.state.result.events
    return []
  }

  get gatewayUrl(): string | undefined {
    for (const { kept } of this.replicas)
      if (kept.state.phase === 'running' && kept.state.result.gatewayUrl !== undefined)
        return kept.state.result.gatewayUrl
    return undefined
  }

  start(): void {
    for (const { kept } of this.replicas) kept.start()
  }

  /** Resolves with those of its processes that did not end as they should. */
  async stop(graceMs: number): Promise<readonly string[]> {
    const problems = this.replicas.map(async ({ name, kept }) => {
      const exit = await kept.stop(graceMs)
      return exit === undefined || exit.code === 0 ? [] : [`${name}: ${formatExit(exit)}`]
    })
    return (await Promise.all(problems)).flat()
  }

  /** Services that wait for each other in their start hooks: those that do are to fail. */
  tellCircle(services: readonly string[]): void {
    for (const { process, kept } of this.replicas)
      if (process !== undefined && kept.state.phase === 'starting') process.send({ kind: 'circle', services })
  }

  kill(): void {
    for (const { kept } of this.replicas) kept.kill()
  }

  /** Its instances as their peers see them. */
  listings(): readonly PeerListing[] {
    return this.replicas.flatMap(({ kept: { state } }) => {
      if (state.phase === 'running') return [toListing(state.result)]
      // It finishes what it has; peers must not send more.
      if (state.phase === 'stopping' && state.result) return [{ ...toListing(state.result), draining: true }]
      return []
    })
  }

  /** Tells each of its processes where the others are. */
  announce(peers: readonly PeerListing[]): void {
    for (const { process, kept } of this.replicas) {
      if (process === undefined || !('launch' in kept.state)) continue
      process.send({ kind: 'peers', peers: peers.filter(({ instance }) => instance !== process.instance) })
    }
  }

  #createReplica(number: number, options: InstanceGroupOptions): Replica {
    const { platform, launch, onChange, readyWithinMs, silenceMs, halts } = options
    const name = `${this.plan.name}-${number}`
    let process: InstanceProcess | undefined
    const replica: Replica = {
      name,
      kept: new KeptProcess<ReadyInstance>({
        platform,
        readyWithinMs,
        silenceMs,
        halts,
        launch: () => (process = launch(this.#assign(name, options), name)),
        onChange: (_state, before) => onChange(this, replica, before),
      }),
      get process() {
        return process
      },
    }
    return replica
  }

  #assign(replica: string, options: InstanceGroupOptions): InstanceAssignment {
    const { platform, listenAddress, gatewayPort } = options
    const start = randomId(platform, 3)
    const { name, services } = this.plan
    return {
      ...{ instance: `${replica}-${start}`, replica, group: name, services },
      ...{ listen: listenAddress(start), gatewayPort: gatewayPort() },
    }
  }
}

function toListing({ instance, address, services }: ReadyInstance): PeerListing {
  return { instance, address, services }
}

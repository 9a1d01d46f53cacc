import { DefinitionError, type Observer, type Operation, type Platform, within } from '@holon/contract'

import type { Call, CallEnvironment } from './call/call.ts'
import type { CallerListing } from './call/caller-role.ts'
import { CallerRoles } from './call/caller-roles.ts'
import { Calls } from './call/calls.ts'
import { DeadlineWheel } from './call/deadline-wheel.ts'
import { type BoundOperation, Dispatcher } from './call/dispatcher.ts'
import type { Invoker } from './call/invoker.ts'
import { runUnit, type UnitStart } from './call/run-unit.ts'
import { type RunningCall, runningCalls } from './call/running-calls.ts'
import { TraceIds } from './call/trace-ids.ts'
import { OperationCodecs } from './codec/operation-codecs.ts'
import { maxInstanceLength } from './link/handshake.ts'
import type { LinkIdentity } from './link/link-client.ts'
import { createLinkListener, type LinkListener } from './link/link-listener.ts'
import type { PeerListing } from './link/peer.ts'
import { Router } from './link/router.ts'
import type { Address, Network } from './network/network.ts'

/** What an {@link Endpoint} is made of. */
export interface EndpointOptions extends LinkIdentity {
  readonly platform: Platform
  readonly observer: Observer
  readonly network: Network
  /** Default true. False sends every value in the self-describing encoding. */
  readonly compiledCodecs?: boolean
}

/** What the clients of services are made of; see `createClientFactory`. */
export type ServiceCalls = Pick<Calls, 'call' | 'stream'>

/** So long handlers whose calls were cancelled have to come to an end before what they use is closed. */
const cancelledMs = 1_000

/**
 * The place of one instance among the others: it answers calls of what is bound to it, and makes calls to wherever a service
 * runs. It is all that the rest of Holon sees of calls.
 *
 * open → listening (if it is to) → going away → cut off → closed.
 */
export class Endpoint {
  /** Calls in the name of the services of this instance. */
  readonly calls: ServiceCalls
  readonly #calls: Calls
  readonly #options: EndpointOptions
  readonly #environment: CallEnvironment
  readonly #dispatcher: Dispatcher
  readonly #router: Router
  #listener: LinkListener | undefined

  /** @throws DefinitionError if peers could not be told the name of the instance. */
  constructor(options: EndpointOptions) {
    const { platform, observer, network, instance, secret, callers, compiledCodecs = true } = options
    checkName(instance)
    this.#options = options
    const codecs = new OperationCodecs(compiledCodecs)
    this.#environment = { platform, wheel: new DeadlineWheel(platform), traceIds: new TraceIds(platform), codecs }
    this.#dispatcher = new Dispatcher(platform, observer)
    const identity = { instance, secret, callers: callers.map(toldCaller) }
    this.#router = new Router({ identity, codecs, network, platform, observer })
    const roles = new CallerRoles(callers)
    this.#calls = new Calls(this.#environment, { dispatcher: this.#dispatcher, router: this.#router, observer, roles })
    this.calls = this.#calls
  }

  /** Where peers reach it, once it listens. */
  get address(): Address | undefined {
    return this.#listener?.address
  }

  /** Answers calls of an operation from now on. */
  bind(bound: BoundOperation): void {
    this.#dispatcher.add(bound)
  }

  /** Makes calls outside of any handler, in the name of one of the callers it was made with. @throws TypeError for another. */
  invoker(caller: string): Invoker {
    const known = this.#options.callers.find(({ name }) => name === caller)
    if (known === undefined) throw new TypeError(`'${caller}' is no caller of this instance; name it in 'callers'.`)
    return this.#calls.invoker(known.name, known.uses)
  }

  /** Runs what nobody has called (an event, a schedule, a start hook) as a call of its own; see {@link runUnit}. */
  run<T>(unit: UnitStart, work: (call: Call) => Promise<T>): Promise<T> {
    return runUnit(this.#environment, unit, work)
  }

  /** Tells it where all other instances are; replaces what it was told before. */
  setPeers(peers: readonly PeerListing[]): void {
    this.#router.setPeers(peers.filter(({ instance }) => instance !== this.#options.instance))
  }

  /** Whether some other instance that runs `service` can be called now. */
  reaches(service: string): boolean {
    return this.#router.reaches(service)
  }

  /** Resolves when another instance can be called for `operation`; rejects with `unavailable` after 5 s, or when `call` is over. */
  async untilReached(operation: Operation, call: Call): Promise<void> {
    await this.#router.waitForLink(operation, call)
  }

  /** Takes calls of other instances. Rejects when the address is taken. @throws DefinitionError without a secret. */
  async listen(address: Address): Promise<void> {
    const { network, observer, instance, secret } = this.#options
    if (!secret)
      throw new DefinitionError(`Instance '${instance}'`, [
        'it listens, but has no linkSecret; without one any process could call its services',
      ])
    const [environment, dispatcher] = [this.#environment, this.#dispatcher]
    const listening = { network, listen: address, environment, dispatcher, observer, instance, secret }
    this.#listener = await createLinkListener(listening)
  }

  /** The calls that are being answered here, longest first. */
  runningCalls(services: ReadonlySet<string>): readonly RunningCall[] {
    return runningCalls(this.#environment, services)
  }

  /** Asks all peers to send no new calls, and takes no new links. */
  goAway(): void {
    this.#listener?.goAway()
  }

  /** Resolves as soon as no call is being answered. New ones are still answered: those that run may need them to finish. */
  drained(): Promise<void> {
    return this.#dispatcher.drained()
  }

  /**
   * Refuses every call from now on and cancels what runs: whoever still waits, here or over a link, is told, and handlers see
   * it in their signal. Resolves when these have come to an end, or after a second. Links to others stay open, for
   * stop hooks.
   */
  async cutOff(): Promise<void> {
    this.#dispatcher.close()
    this.#environment.wheel.close()
    await within(this.#options.platform, cancelledMs, this.#dispatcher.drained())
    await this.#listener?.close()
  }

  /** Closes all links; calls that still wait fail. Idempotent. */
  close(): void {
    this.#router.close()
    this.#environment.wheel.close()
  }
}

/** No more than the handshake is to tell. */
function toldCaller({ name, uses, role = 'service' }: CallerListing): CallerListing {
  return role === 'service' ? { name, uses } : { name, uses, role }
}

/** What peers must hear of it in a handshake. */
function checkName(instance: string): void {
  if (instance.length > maxInstanceLength)
    throw new DefinitionError(`Instance '${instance}'`, [
      `its name has ${instance.length} characters; at most ${maxInstanceLength} are possible`,
    ])
}

import { circleProblem, type StartWait, type StartWatch, circleIn, circleLastsMs } from '@holon/app/start-circle'
import {
  type CallOptions,
  codeOf,
  delay,
  DefinitionError,
  isServiceError,
  type Observer,
  type Operation,
  type Platform,
  ServiceError,
} from '@holon/contract'
import { busName } from '@holon/events/definition'
import type { Endpoint } from '@holon/rpc'

import { type RunningService, startService } from './running-service.ts'

export interface ServiceStartsParts {
  readonly app: string
  readonly platform: Platform
  readonly observer: Observer
  readonly endpoint: Endpoint
  readonly stopping: AbortSignal
  readonly watch: StartWatch | undefined
  /** Lets the operations of a service that has started be called. */
  readonly open: (service: RunningService) => void
}

interface Start {
  readonly service: RunningService
  readonly demanded: PromiseWithResolvers<void>
  readonly ended: PromiseWithResolvers<void>
}

interface Waiting extends StartWait {
  readonly giveUp: AbortController
}

/**
 * Starts the services of an instance: each after those it uses, as far as they are here, or as soon as another's start
 * hook calls it. Start hooks may call other services, here or elsewhere: the call waits until they have started. Hooks
 * that wait for each other in a circle are told so.
 */
export class ServiceStarts {
  readonly #parts: ServiceStartsParts
  readonly #starts = new Map<string, Start>()
  readonly #waiting = new Set<Waiting>()
  #over = false

  constructor(parts: ServiceStartsParts) {
    this.#parts = parts
    parts.watch?.onCircle((circle) => this.#break(circle))
  }

  /** Starts all; rejects with the first failure, while other hooks may still run. */
  async run(running: readonly RunningService[]): Promise<void> {
    for (const service of running) {
      const ended = Promise.withResolvers<void>()
      // Whoever waits for it hears of it; often that is nobody.
      ended.promise.catch(() => undefined)
      this.#starts.set(service.loaded.name, { service, demanded: Promise.withResolvers(), ended })
    }
    const before: string[] = []
    const all: Promise<void>[] = []
    for (const [name, start] of this.#starts) {
      const used = Object.values(start.service.loaded.definition.uses).map((contract) => contract.name)
      all.push(
        this.#start(
          start,
          [...used, busName].filter((other) => before.includes(other)),
        ),
      )
      before.push(name)
    }
    try {
      await Promise.all(all)
    } finally {
      this.#over = true
    }
  }

  /** Resolves when no hook runs any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(Array.from(this.#starts.values(), ({ ended }) => ended.promise))
  }

  /** Whether a call in this service's name is one of its start hook. */
  isStarting(service: string): boolean {
    return !this.#over && this.#starts.get(service)?.service.started === false
  }

  /**
   * Resolves when the operation that a start hook calls can be called. Rejects when the hook's time is over, or the
   * `timeoutMs` of the call; when the signal of the call aborts; and when the services wait for each other.
   */
  async untilCallable(service: string, operation: Operation, origin: CallOptions = {}): Promise<void> {
    const { endpoint, stopping } = this.#parts
    const local = this.#starts.get(operation.service)
    if (local ? local.service.started : endpoint.reaches(operation.service)) return
    const waiting: Waiting = { service, for: operation.service, giveUp: new AbortController() }
    this.#waiting.add(waiting)
    this.#tell()
    local?.demanded.resolve()
    const own = this.#starts.get(service)?.service.loaded.definition.startTimeoutMs
    const signals = [stopping, waiting.giveUp.signal, origin.signal].filter((signal) => signal !== undefined)
    // The hook's own time limit comes first and says more; this one only ends what a hook leaves behind.
    const timeoutMs = origin.timeoutMs ?? (own ?? Infinity) * 2
    const start = { service, what: 'start', caller: service, trace: undefined, timeoutMs }
    try {
      await endpoint.run({ ...start, signal: AbortSignal.any(signals) }, async (call) => {
        if (local) return local.ended.promise
        for (;;) {
          try {
            return await endpoint.untilReached(operation, call)
          } catch (error) {
            // It waits only a few seconds, which is long for a running service, and short for one that is starting.
            if (call.signal.aborted) throw error
          }
        }
      })
    } catch (error) {
      waiting.giveUp.signal.throwIfAborted()
      const code = isServiceError(error) ? codeOf(error) : 'unavailable'
      const message = `'${operation.service}' has not started, so ${operation.id} cannot be called.`
      throw new ServiceError(code, message, { cause: error, mayHaveRun: false })
    } finally {
      this.#waiting.delete(waiting)
      this.#tell()
    }
  }

  async #start({ service, demanded, ended }: Start, after: readonly string[]): Promise<void> {
    const { platform, observer, watch, open } = this.#parts
    const others = Promise.all(after.flatMap((name) => this.#starts.get(name)?.ended.promise ?? []))
    try {
      await Promise.race([others, demanded.promise])
      this.#parts.stopping.throwIfAborted()
      watch?.step(service.loaded.definition.startTimeoutMs)
      await startService(service, { platform, observer, open, waitsFor: (name) => this.#waitsOf(name) })
      ended.resolve()
    } catch (error) {
      ended.reject(error)
      throw error
    }
  }

  #waitsOf(service: string): readonly string[] {
    return [...this.#waiting].flatMap((waiting) => (waiting.service === service ? [waiting.for] : []))
  }

  #tell(): void {
    const { watch, platform } = this.#parts
    const waits = [...this.#waiting].map((waiting) => ({ service: waiting.service, for: waiting.for }))
    watch?.waits(waits)
    // Others may be behind those that are elsewhere; who sees all instances looks there.
    const here = waits.filter((wait) => this.#starts.has(wait.for))
    if (circleIn(here) === undefined) return
    delay(platform, circleLastsMs, this.#parts.stopping).then(
      () => {
        const circle = circleIn([...this.#waiting].filter((wait) => this.#starts.has(wait.for)))
        if (circle) this.#break(circle)
      },
      () => undefined,
    )
  }

  #break(circle: readonly string[]): void {
    const error = new DefinitionError(`App '${this.#parts.app}'`, [circleProblem(circle)])
    for (const { service, for: other, giveUp } of this.#waiting)
      if (circle.includes(service) && circle.includes(other)) giveUp.abort(error)
  }
}

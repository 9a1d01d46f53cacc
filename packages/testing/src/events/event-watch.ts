import { messageOf, type Observation } from '@holon/contract'
import type { Instance } from '@holon/runtime'

import type { Workers } from './settled.ts'
import type { TestBus } from './test-bus.ts'

/** Follows what becomes of the events of a test app. */
export class EventWatch implements Workers {
  readonly #failures = new Map<string, string>()
  #handled = 0
  #parts: { readonly instances: readonly Instance[]; readonly bus: TestBus } | undefined

  /** What is there to be looked at. */
  look(parts: { readonly instances: readonly Instance[]; readonly bus: TestBus }): void {
    this.#parts = parts
  }

  observe(observation: Observation): void {
    if (observation.kind !== 'event-handled') return
    const { subscription, attempt, outcome, error } = observation
    this.#handled += 1
    if (outcome === 'failed' || outcome === 'not-run')
      this.#failures.set(subscription, `try ${attempt}: ${messageOf(error)}`)
    else this.#failures.delete(subscription)
  }

  get instances(): readonly Instance[] {
    return this.#parts?.instances ?? []
  }

  activity(): number {
    return this.#handled + (this.#parts?.bus.activity ?? 0)
  }

  publishing(): number {
    return this.#parts?.bus.publishing ?? 0
  }

  lastFailure(subscription: string): string | undefined {
    return this.#failures.get(subscription)
  }
}

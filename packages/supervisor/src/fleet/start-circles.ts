import type { StartWait } from '@holon/app'
import { circleIn, circleLastsMs } from '@holon/app/start-circle'
import { delay, type Platform } from '@holon/contract'

export interface StartCirclesOptions {
  readonly platform: Platform
  /** Whether some instance of the service can be called. */
  readonly isRunning: (service: string) => boolean
  /** These services wait for each other, the last of them for the first. */
  readonly onCircle: (services: readonly string[]) => void
}

/** Sees which services of all instances wait for which others in their start hooks, and finds those that wait in vain. */
export class StartCircles {
  readonly #options: StartCirclesOptions
  readonly #waits = new Map<string, readonly StartWait[]>()

  constructor(options: StartCirclesOptions) {
    this.#options = options
  }

  /** Replaces what is known of an instance; with no waits it is forgotten. */
  update(instance: string, waits: readonly StartWait[]): void {
    if (waits.length === 0) return void this.#waits.delete(instance)
    this.#waits.set(instance, waits)
    if (this.#find() === undefined) return
    void delay(this.#options.platform, circleLastsMs).then(() => {
      const circle = this.#find()
      if (circle) this.#options.onCircle(circle)
    })
  }

  #find(): readonly string[] | undefined {
    const waits = [...this.#waits.values()].flat()
    // Who waits for one that runs is only about to be connected.
    return circleIn(waits.filter((wait) => !this.#options.isRunning(wait.for)))
  }
}

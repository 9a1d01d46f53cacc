import type { Observation, Observer, Platform, Timer } from '@holon/contract'

type LinkObservation = Extract<Observation, { kind: 'link' }>

/** So many refused connections are told of one by one; of those that follow within the time, only how many there were. */
const mostTold = 10
const withinMs = 10_000

/** Tells of connections that became no link, so that a stranger who tries again and again does not fill the log. */
export class RefusalLog {
  readonly #platform: Platform
  readonly #observer: Observer
  #told = 0
  #untold = 0
  #last: LinkObservation | undefined
  #timer: Timer | undefined

  constructor(platform: Platform, observer: Observer) {
    this.#platform = platform
    this.#observer = observer
  }

  tell(observation: LinkObservation): void {
    this.#timer ??= this.#platform.setTimer(() => this.close(), withinMs).unref()
    if (this.#told < mostTold) {
      this.#told++
      return this.#observer.observe(observation)
    }
    this.#untold++
    this.#last = observation
  }

  /** Tells what is left to tell; begins anew with what comes afterwards. */
  close(): void {
    this.#timer?.cancel()
    const last = this.#last
    if (last)
      this.#observer.observe({
        ...last,
        reason: `${last.reason ?? 'closed'} (the last of ${this.#untold} untold ones)`,
      })
    this.#told = this.#untold = 0
    this.#last = this.#timer = undefined
  }
}

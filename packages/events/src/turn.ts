/** Lets one after the other of those that ask, in the order of asking. For one process, whatever subscriptions it has. */
export class Turn {
  #taken = false
  readonly #waiting: (() => void)[] = []

  /** Calls `granted` when it is this one's turn, at once if nobody has it. Whoever was granted it must `pass` it on. */
  ask(granted: () => void): void {
    if (this.#taken) return void this.#waiting.push(granted)
    this.#taken = true
    granted()
  }

  pass(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#taken = false
    else next()
  }
}

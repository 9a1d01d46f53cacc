/** What is to be done once a transaction has committed. Forgotten when it rolls back. */
export class CommitHooks {
  readonly #hooks: WeakMap<object, (() => void)[]> = new WeakMap()

  /** `hook` must not throw: the transaction has succeeded whatever it does. */
  add(tx: object, hook: () => void): void {
    const known = this.#hooks.get(tx)
    if (known) known.push(hook)
    else this.#hooks.set(tx, [hook])
  }

  committed(tx: object): void {
    for (const hook of this.#hooks.get(tx) ?? []) hook()
    this.#hooks.delete(tx)
  }

  /** Needed only where one object stands for several transactions after each other. */
  forget(tx: object): void {
    this.#hooks.delete(tx)
  }
}

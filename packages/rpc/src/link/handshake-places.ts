/**
 * A bounded number of connections in their handshake. Whoever is one too many takes the place of the oldest of the
 * address that has the most: a stranger who opens connections and says nothing makes room for peers, whose handshakes
 * take a few milliseconds, even where both come from the same address.
 */
export class HandshakePlaces<Connection> {
  readonly #limit: number
  /** In the order in which they came. */
  readonly #byAddress = new Map<string, Set<Connection>>()
  #taken = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Takes a place. Returns who has to leave for it, and has lost theirs already. */
  take(address: string, connection: Connection): Connection | undefined {
    const evicted = this.#taken < this.#limit ? undefined : this.#evict()
    const places = this.#byAddress.get(address)
    if (places) places.add(connection)
    else this.#byAddress.set(address, new Set([connection]))
    this.#taken++
    return evicted
  }

  /** The handshake is over, in whatever way. Idempotent. */
  leave(address: string, connection: Connection): void {
    const places = this.#byAddress.get(address)
    if (places?.delete(connection) !== true) return
    this.#taken--
    if (places.size === 0) this.#byAddress.delete(address)
  }

  #evict(): Connection | undefined {
    const [most] = [...this.#byAddress].toSorted(([, one], [, other]) => other.size - one.size)
    if (most === undefined) return undefined
    const [address, places] = most
    const [oldest] = places
    if (oldest !== undefined) this.leave(address, oldest)
    return oldest
  }
}

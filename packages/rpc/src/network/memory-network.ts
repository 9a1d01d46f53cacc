import { type Address, type ByteStream, formatAddress, type Network } from './network.ts'

/**
 * A network inside one process, for tests and simulation: the same bytes in the same order, but no sockets. What is
 * written arrives in a later microtask.
 */
export function memoryNetwork(): Network {
  const listeners = new Map<string, (connection: ByteStream) => void>()
  let nextPort = 1
  return {
    listen: (address, onConnection) => {
      const actual: Address =
        'path' in address || address.port !== 0 ? address : { host: address.host, port: nextPort++ }
      const key = formatAddress(actual)
      if (listeners.has(key)) return Promise.reject(new Error(`Cannot listen on ${key}: it is taken.`))
      listeners.set(key, onConnection)
      return Promise.resolve({ address: actual, close: () => Promise.resolve(void listeners.delete(key)) })
    },
    connect: (address) => {
      const key = formatAddress(address)
      const accept = listeners.get(key)
      if (accept === undefined) return Promise.reject(new Error(`Nobody listens on ${key}.`))
      const [near, far] = pair(key)
      accept(far)
      return Promise.resolve(near)
    },
  }
}

function pair(key: string): readonly [ByteStream, ByteStream] {
  const near = new MemoryStream(key)
  const far = new MemoryStream(`${key} <- memory`)
  near.other = far
  far.other = near
  return [near, far]
}

class MemoryStream implements ByteStream {
  readonly peer: string
  other: MemoryStream | undefined
  #receive: ((chunk: Uint8Array) => void) | undefined
  #closed: ((error: Error | undefined) => void) | undefined
  #early: Uint8Array[] = []
  #paused = false
  /** The other side has ended; closed as soon as all is delivered. */
  #ending = false
  #over = false

  constructor(peer: string) {
    this.peer = peer
  }

  readonly pendingBytes = 0

  onData(receive: (chunk: Uint8Array) => void): void {
    this.#receive = receive
    // Later, as with sockets: whoever listens may still be in its constructor.
    queueMicrotask(() => this.#deliver())
  }

  onClose(closed: (error: Error | undefined) => void): void {
    this.#closed = closed
    // It may have been over before anybody could listen.
    if (this.#over) queueMicrotask(() => closed(undefined))
  }

  onDrain(): void {}

  write(bytes: Uint8Array): boolean {
    const copy = Uint8Array.from(bytes) // not slice(): of a Buffer that is no copy, and the sender writes over it
    const { other } = this
    if (!this.#over && !this.#ending) queueMicrotask(() => other?.arrive(copy))
    return true
  }

  writeAll(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.write(piece)
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#deliver()
  }

  end(): void {
    const { other } = this
    queueMicrotask(() => {
      this.finish(true)
      other?.finish(false)
    })
  }

  destroy(): void {
    const { other } = this
    queueMicrotask(() => {
      this.finish(true)
      other?.finish(true)
    })
  }

  arrive(chunk: Uint8Array): void {
    if (this.#over || this.#ending) return
    this.#early.push(chunk)
    this.#deliver()
  }

  /** `cut`: what has not been delivered is lost. */
  finish(cut: boolean): void {
    if (this.#over) return
    if (cut) this.#early = []
    this.#ending = true
    this.#deliver()
  }

  #deliver(): void {
    while (!this.#paused && this.#receive) {
      const next = this.#early.shift()
      if (next === undefined) break
      this.#receive(next)
    }
    if (!this.#ending || this.#over || this.#early.length > 0) return
    this.#over = true
    this.#closed?.(undefined)
  }
}

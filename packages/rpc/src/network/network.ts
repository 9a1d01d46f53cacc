/** Where an instance can be reached. */
export type Address = { readonly path: string } | { readonly host: string; readonly port: number }

/** The network as Holon's packages see it (promise I7): real sockets, or an in-memory one under simulation. */
export interface Network {
  /** Listens; `port: 0` chooses a free port. Rejects when the address is taken. */
  listen(address: Address, onConnection: (connection: ByteStream) => void): Promise<Listener>
  /** Connects, or rejects within `timeoutMs`. */
  connect(address: Address, timeoutMs: number): Promise<ByteStream>
}

export interface Listener {
  /** The address that peers connect to, with the real port. */
  readonly address: Address
  /** Stops accepting. Connections already accepted stay open. */
  close(): Promise<void>
}

/** A connected, ordered, two-way stream of bytes. */
export interface ByteStream {
  /** For logs: who is at the other end. */
  readonly peer: string
  /** The network address of the machine at the other end; undefined where that is this one. */
  readonly remote?: string | undefined
  /** Hands over what arrives. `chunk` is valid during the call only. Set once, before the next turn of the event loop. */
  onData(receive: (chunk: Uint8Array) => void): void
  /** Called once, when nothing more can arrive or be sent; `error` is what broke it, if anything did. */
  onClose(closed: (error: Error | undefined) => void): void
  /** Called whenever the buffer has drained after `write` returned false. */
  onDrain(drained: () => void): void
  /** Sends. The bytes must not be changed until `pendingBytes` is 0. Returns false when the buffer is full: wait for drain. */
  write(bytes: Uint8Array): boolean
  /** Like `write` of each in turn, with one call into the system. */
  writeAll(pieces: readonly Uint8Array[]): void
  /** Bytes accepted by `write` that the system has not taken yet. */
  readonly pendingBytes: number
  /** Calls back once what the system has at hand, for whatever connection, has been handed over; absent: do not wait. */
  afterPoll?(callback: () => void): void
  /** Stops and resumes delivery of data. */
  pause(): void
  resume(): void
  /** Sends what is pending and closes. */
  end(): void
  /** Closes at once. */
  destroy(): void
}

/** `unix:/path` or `host:port`, for logs and listings. */
export function formatAddress(address: Address): string {
  return 'path' in address ? `unix:${address.path}` : `${address.host}:${address.port}`
}

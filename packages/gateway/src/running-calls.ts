import type { Socket } from './http-server.ts'

/** Something that can be given up. */
export interface Cancellable {
  cancel(why: 'cancelled'): void
}

/**
 * The calls that run, and the bodies that are sent, for each connection. When one closes, nobody waits for them any more,
 * and they are given up. One listener for each connection: an `AbortSignal` and a listener for each request would cost as
 * much as routing it.
 */
export class RunningCalls {
  readonly #ofSocket = new WeakMap<Socket, Set<Cancellable>>()

  /** Adds a call. On a connection that has closed already it is given up at once. */
  add(socket: Socket, call: Cancellable): void {
    if (socket.destroyed) call.cancel('cancelled')
    else (this.#ofSocket.get(socket) ?? this.#watch(socket)).add(call)
  }

  /** The call has its answer. */
  remove(socket: Socket, call: Cancellable): void {
    this.#ofSocket.get(socket)?.delete(call)
  }

  #watch(socket: Socket): Set<Cancellable> {
    const calls = new Set<Cancellable>()
    this.#ofSocket.set(socket, calls)
    socket.once('close', () => {
      for (const call of calls) call.cancel('cancelled')
    })
    return calls
  }
}

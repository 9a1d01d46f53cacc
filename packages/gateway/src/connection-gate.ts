import type { Platform } from '@holon/contract'

import type { IncomingMessage, ServerResponse, Socket } from './http-server.ts'

/** Answers a request. */
export type Handle = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Requests of one connection that are answered at the same time. HTTP/1.1 answers them in order, so more would not be
 * quicker for the one who pipelines them, and only slower for everybody else.
 */
export const requestsAtOnce = 16

/**
 * Requests of all connections that have been read and wait, each some kilobytes. One chunk of a socket can hold two
 * thousand, so that few connections would fill the memory; one that brings more than there is room for is closed after
 * what it brought before is answered, and its client repeats the rest, as HTTP has it.
 */
const mostWaiting = 16_384

/** A connection with requests that have no answer yet. */
interface Connection {
  readonly waiting: (readonly [IncomingMessage, ServerResponse])[]
  /** Called when a response is over: one listener for all of the connection. */
  readonly release: () => void
  running: number
  /** Of the request that was let in last; undefined again when nothing runs. */
  response: ServerResponse | undefined
  /** Arrived last; only of this one the body can still be on its way. */
  latest: IncomingMessage | undefined
  /** An answer that closes the connection is on its way: what stands behind it must not be processed (RFC 9112, 9.6). */
  isClosing: boolean
  /** There was no room for what came last. */
  isCut: boolean
  /** Those that wait go on soon. */
  isResuming: boolean
}

/** Whether no more is read from a connection. */
function isHeld({ waiting, isCut }: Connection): boolean {
  return waiting.length > 0 || isCut
}

/**
 * Whether the answer to the request that was let in last closes the connection. That may have shown only when it was
 * written, after its body was refused: then nothing behind it can have come before.
 */
function closesAfterLatest(connection: Connection): boolean {
  if (connection.response?.getHeader('connection') === 'close') connection.isClosing = true
  return connection.isClosing
}

/** Nothing runs: what is kept of an idle connection is little. */
function settle(connection: Connection): void {
  closesAfterLatest(connection)
  connection.response = undefined
  if (connection.latest?.complete === true) connection.latest = undefined
}

/**
 * Lets the requests of each connection in, at most {@link requestsAtOnce} at a time. The rest waits: first those that have
 * been read already (one chunk of the socket), and then, since no more is read, with the sender.
 */
export class ConnectionGate {
  readonly #connections = new WeakMap<Socket, Connection>()
  readonly #platform: Platform
  readonly #handle: Handle
  #waiting = 0

  constructor(platform: Platform, handle: Handle) {
    this.#platform = platform
    this.#handle = handle
  }

  enter(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    const connection = this.#connections.get(socket) ?? this.#open(socket)
    if (closesAfterLatest(connection) || connection.isCut) return
    connection.latest = request
    if (connection.running < requestsAtOnce) return this.#start(connection, request, response)
    connection.isCut = this.#waiting >= mostWaiting
    if (!connection.isCut) {
      this.#waiting += 1
      connection.waiting.push([request, response])
    }
    if (isHeld(connection)) socket.pause()
  }

  /**
   * The request whose body cannot be read on, and which may be answered on the bare socket because no other one waits for
   * its answer before it. `busy`: there is another. Undefined: no request has begun, as far as one could tell.
   */
  interrupted(socket: Socket): IncomingMessage | 'busy' | undefined {
    const connection = this.#connections.get(socket)
    const { latest, running = 0 } = connection ?? {}
    if (running === 0) return latest === undefined || latest.complete ? undefined : 'busy'
    return running === 1 && latest?.complete === false ? latest : 'busy'
  }

  #open(socket: Socket): Connection {
    const connection: Connection = {
      waiting: [],
      release: () => {
        connection.running -= 1
        if (connection.running === 0) settle(connection)
        if (connection.waiting.length > 0) this.#resumeSoon(connection, socket)
        else if (connection.isCut && connection.running === 0) socket.end()
      },
      running: 0,
      response: undefined,
      latest: undefined,
      isClosing: false,
      isCut: false,
      isResuming: false,
    }
    socket.once('close', () => void this.#take(connection, Infinity))
    // Whoever reads a body, and Node when its buffers are empty, resumes the socket.
    socket.on('resume', () => {
      if (isHeld(connection)) socket.pause()
    })
    this.#connections.set(socket, connection)
    return connection
  }

  /** Not at once: calls in this process are answered without a look at other sockets, which would have to wait for all. */
  #resumeSoon(connection: Connection, socket: Socket): void {
    if (connection.isResuming) return
    connection.isResuming = true
    this.#platform.setTimer(() => {
      connection.isResuming = false
      for (const [request, response] of this.#take(connection, requestsAtOnce - connection.running))
        this.#start(connection, request, response)
      if (!isHeld(connection)) socket.resume()
    }, 0)
  }

  #take({ waiting }: Connection, most: number): Connection['waiting'] {
    const taken = waiting.splice(0, most)
    this.#waiting -= taken.length
    return taken
  }

  #start(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
    if (closesAfterLatest(connection)) return
    connection.running += 1
    connection.response = response
    response.on('close', connection.release)
    this.#handle(request, response)
  }
}

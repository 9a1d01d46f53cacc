/**
 * The network of the operating system: TCP and Unix domain sockets through `node:net`.
 *
 * @module
 */
import net from 'node:net'
import { setImmediate } from 'node:timers'

import { Arrivals, readInto } from './arrivals.ts'
import { type Address, type ByteStream, formatAddress, type Listener, type Network } from './network.ts'

/** Real sockets. TCP connections are made without Nagle's delay: batches are made by the frame writer. */
export function nodeNetwork(): Network {
  return { listen, connect }
}

function listen(address: Address, onConnection: (connection: ByteStream) => void): Promise<Listener> {
  const server = net.createServer({ noDelay: true, pauseOnConnect: true }, (accepted) => {
    const from = `${accepted.remoteAddress ?? 'local'}:${accepted.remotePort ?? ''}`
    const arrivals = new Arrivals()
    onConnection(toByteStream(readInto(accepted, arrivals), arrivals, `${formatAddress(address)} <- ${from}`))
  })
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'it is taken by another process' : error.message
      reject(new Error(`Cannot listen on ${formatAddress(address)}: ${reason}.`, { cause: error }))
    })
    server.listen('path' in address ? { path: address.path } : { host: address.host, port: address.port }, () => {
      const bound = server.address()
      const actual =
        'path' in address || bound === null || typeof bound === 'string'
          ? address
          : { host: address.host, port: bound.port }
      // Later errors concern a connection that could not be accepted; the server goes on.
      server.on('error', () => {})
      resolve({ address: actual, close: () => stopAccepting(server) })
    })
  })
}

/** Not awaited until all connections are closed, which is what Node's own callback waits for. */
function stopAccepting(server: net.Server): Promise<void> {
  server.close()
  return Promise.resolve()
}

function connect(address: Address, timeoutMs: number): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const arrivals = new Arrivals()
    const socket = net.connect({
      ...('path' in address ? { path: address.path } : { host: address.host, port: address.port, noDelay: true }),
      onread: arrivals,
    })
    const refuse = (error: Error): void => {
      socket.destroy()
      reject(error)
    }
    socket.setTimeout(timeoutMs, () =>
      refuse(new Error(`${formatAddress(address)} did not answer within ${timeoutMs} ms.`)),
    )
    socket.once('error', refuse)
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.off('error', refuse)
      resolve(toByteStream(socket, arrivals, formatAddress(address)))
    })
  })
}

function toByteStream(socket: net.Socket, arrivals: Arrivals, peer: string): ByteStream {
  let failure: Error | undefined
  socket.on('error', (error) => (failure = error))
  return {
    peer,
    remote: socket.remoteAddress,
    onData: (receive) => void (arrivals.receive = receive),
    onClose: (closed) => void socket.on('close', () => closed(failure)),
    onDrain: (drained) => void socket.on('drain', drained),
    write: (bytes) => socket.write(bytes),
    writeAll: (pieces) => {
      socket.cork()
      for (const piece of pieces) socket.write(piece)
      socket.uncork()
    },
    get pendingBytes() {
      return socket.writableLength
    },
    afterPoll: (callback) => void setImmediate(callback),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  }
}

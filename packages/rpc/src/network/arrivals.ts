import { Buffer } from 'node:buffer'
import net from 'node:net'

/** What a read takes from the system at most, which is also what Node reads by itself. */
const readBytes = 64 * 1024

/**
 * Takes what a socket reads, always in the same memory (`onread` of `net.Socket`). Node's own way is a new buffer of 64 KiB
 * for each read, shrunk to what came, and an event: a tenth of the CPU of a small call.
 */
export class Arrivals implements net.OnReadOpts {
  readonly buffer: Buffer = Buffer.allocUnsafeSlow(readBytes)
  receive: (chunk: Uint8Array) => void = () => {}

  readonly callback = (bytes: number, buffer: Uint8Array): boolean => {
    this.receive(buffer.subarray(0, bytes))
    return true
  }
}

/**
 * An accepted socket that reads into `arrivals`. Node lets only sockets that connect choose where they read to, so another
 * one takes over the handle, as `handle` of `net.Socket` has allowed since Node 0.12 without being documented. Where a
 * version of Node does not have it any more, the socket is read as usual.
 */
export function readInto(accepted: net.Socket, arrivals: Arrivals): net.Socket {
  const handle: unknown = Reflect.get(accepted, '_handle')
  if (!isReadable(handle)) {
    accepted.on('data', (chunk: Uint8Array) => arrivals.receive(chunk))
    return accepted.resume()
  }
  Reflect.set(accepted, '_handle', null)
  // Typed as an object, because the types know only what is documented of a handle.
  const options: object = { handle, onread: arrivals }
  return new net.Socket(options)
}

/** Whether this is a handle of libuv's that can be given a buffer to read into. */
function isReadable(handle: unknown): boolean {
  return typeof handle === 'object' && handle !== null && 'useUserBuffer' in handle
}

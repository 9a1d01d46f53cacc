import { pipeline, type Readable } from 'node:stream'

import type { Exchange } from './exchange.ts'
import type { RunningCalls } from './running-calls.ts'

/**
 * Sends a body as it is read. Whatever ends one of the two ends the other: who has half a response sees that it is not
 * whole, and for a client that is gone nothing is read.
 */
export function streamAnswer(body: Readable, exchange: Exchange, running: RunningCalls): void {
  const { response, socket } = exchange
  // A pipeline into a response that is over throws, and leaves the body open.
  if (exchange.isGone) return void body.destroy()
  // Node 22 does not tell a response that waits for others on its connection that this one has closed.
  const sending = { cancel: () => void body.destroy() }
  running.add(socket, sending)
  pipeline(body, response, () => running.remove(socket, sending))
}

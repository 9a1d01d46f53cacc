import { delay } from '@holon/contract'

import type { EdgeServer } from './edge-server.ts'
import type { Edge } from './edge.ts'
import type { Socket } from './http-server.ts'

/** While closing, connections that have just become idle are looked for this often. */
const sweepMs = 25

/**
 * Prepares the closing of a server: no new connections, idle ones closed at once, streams without a deadline ended,
 * requests finished within `graceMs`, the rest cut off.
 */
export function serverCloser(server: EdgeServer, { streams, platform }: Edge): (graceMs: number) => Promise<void> {
  const sockets = new Set<Socket>()
  server.http.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const closeIdle = (): void => {
    server.http.closeIdleConnections()
    // Browsers open connections in advance. Node counts one that has not said anything yet as busy.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  }
  return async (graceMs) => {
    for (const [stream, { lasting }] of streams) if (lasting) stream.abort()
    const closed = new AbortController()
    const cutOff = platform.setTimer(() => {
      for (const stream of streams.keys()) stream.abort()
      server.http.closeAllConnections()
    }, graceMs)
    const sweep = async (): Promise<void> => {
      // Whoever was being answered when the closing began was told to keep the connection, and would.
      for (;;) {
        closeIdle()
        await delay(platform, sweepMs, closed.signal)
      }
    }
    const swept = sweep().catch(() => {}) // ends when `closed` aborts
    try {
      await server.close()
    } finally {
      cutOff.cancel()
      closed.abort()
      await swept
    }
  }
}

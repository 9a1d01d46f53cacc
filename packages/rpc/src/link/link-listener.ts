import type { Observer } from '@holon/contract'

import type { CallEnvironment } from '../call/call.ts'
import type { Dispatcher } from '../call/dispatcher.ts'
import type { Address, ByteStream, Network } from '../network/network.ts'
import { LinkRefused, ProtocolViolation } from '../wire/frames.ts'
import { HandshakePlaces } from './handshake-places.ts'
import { LinkServer } from './link-server.ts'

/** Takes links of peers and answers the calls that come over them. */
export interface LinkListener {
  /** Where peers connect, with the real port. */
  readonly address: Address
  /** Asks all peers to send no new calls, and takes no new links. */
  goAway(): void
  /** Stops listening and closes all links; calls still in flight are cancelled. */
  close(): Promise<void>
}

export interface LinkListenerOptions {
  readonly network: Network
  readonly listen: Address
  readonly environment: CallEnvironment
  readonly dispatcher: Dispatcher
  readonly observer: Observer
  readonly instance: string
  readonly secret: string | undefined
}

/** Connections that may be in their handshake at once; see {@link HandshakePlaces} for who gives way to more. */
const maxHandshakes = 256

/** Begins to listen. Rejects when the address is taken. */
export async function createLinkListener(options: LinkListenerOptions): Promise<LinkListener> {
  const { environment, dispatcher, observer, instance, secret } = options
  const servers = new Set<LinkServer>()
  const places = new HandshakePlaces<LinkServer>(maxHandshakes)
  const accept = (stream: ByteStream): void => {
    const { remote = 'this machine' } = stream
    const onOpen = (peer: string): void => {
      places.leave(remote, server)
      observer.observe({ kind: 'link', state: 'open', peer: `from ${peer}`, reason: undefined })
    }
    const onClosed = (closed: LinkServer, peer: string, error: Error | undefined): void => {
      places.leave(remote, closed)
      servers.delete(closed)
      observer.observe({ kind: 'link', state: endOf(error), peer: `from ${peer}`, reason: error?.message })
    }
    const server: LinkServer = new LinkServer({ stream, environment, dispatcher, instance, secret, onOpen, onClosed })
    servers.add(server)
    places.take(remote, server)?.refuse(`${maxHandshakes} connections are in their handshake, and this is the oldest`)
  }
  const listener = await options.network.listen(options.listen, accept)
  let stopped: Promise<void> | undefined
  const stopListening = (): Promise<void> => (stopped ??= listener.close())
  return {
    address: listener.address,
    goAway: () => {
      // A peer whose link ends now must not open another one to this instance.
      void stopListening()
      for (const server of servers) server.goAway()
    },
    close: async () => {
      await stopListening()
      await Promise.all([...servers].map((server) => server.close()))
    },
  }
}

function endOf(error: Error | undefined): 'violated' | 'refused' | 'closed' {
  return error instanceof ProtocolViolation ? 'violated' : error instanceof LinkRefused ? 'refused' : 'closed'
}

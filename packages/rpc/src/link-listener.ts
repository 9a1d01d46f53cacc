import type { Observation, Observer } from '@holon/contract'

import type { CallEnvironment } from './call.ts'
import type { Dispatcher } from './dispatcher.ts'
import { LinkRefused, ProtocolViolation } from './frames.ts'
import { LinkServer } from './link-server.ts'
import type { Address, ByteStream, Network } from './network.ts'

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

/** Connections that may be in their handshake at once; more are closed. */
const maxHandshakes = 256

/** Begins to listen. Rejects when the address is taken. */
export async function createLinkListener(options: LinkListenerOptions): Promise<LinkListener> {
  const { environment, dispatcher, observer, instance, secret } = options
  const servers = new Set<LinkServer>()
  let handshakes = 0
  const observe = (state: LinkState, peer: string, reason?: string): void =>
    observer.observe({ kind: 'link', state, peer: `from ${peer}`, reason })
  const accept = (stream: ByteStream): void => {
    if (handshakes >= maxHandshakes) {
      stream.destroy()
      return observe('refused', stream.peer, `${maxHandshakes} connections are in their handshake already`)
    }
    let waiting = true
    const settled = (): void => {
      if (waiting) handshakes--
      waiting = false
    }
    handshakes++
    const onOpen = (peer: string): void => {
      settled()
      observe('open', peer)
    }
    const onClosed = (closed: LinkServer, peer: string, error: Error | undefined): void => {
      settled()
      servers.delete(closed)
      observe(
        error instanceof ProtocolViolation ? 'violated' : error instanceof LinkRefused ? 'refused' : 'closed',
        peer,
        error?.message,
      )
    }
    servers.add(new LinkServer({ stream, environment, dispatcher, instance, secret, onOpen, onClosed }))
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

type LinkState = Extract<Observation, { kind: 'link' }>['state']

import type { Observer } from '@holon/contract'
import type { CallEnvironment } from './call.ts'
import type { Dispatcher } from './dispatcher.ts'
import { ProtocolViolation } from './frames.ts'
import { LinkServer } from './link-server.ts'
import type { Address, Network } from './network.ts'

/** Takes links of peers and answers the calls that come over them. */
export interface LinkListener {
  /** Where peers connect, with the real port. */
  readonly address: Address
  /** Asks all peers to send no new calls. */
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

/** Begins to listen. Rejects when the address is taken. */
export async function createLinkListener(options: LinkListenerOptions): Promise<LinkListener> {
  const { environment, dispatcher, observer, instance, secret } = options
  const servers = new Set<LinkServer>()
  const listener = await options.network.listen(options.listen, (stream) => {
    const server = new LinkServer({
      stream,
      environment,
      dispatcher,
      instance,
      secret,
      onOpen: (peer) => observer.observe({ kind: 'link', state: 'open', peer: `from ${peer}`, reason: undefined }),
      onClosed: (closed, peer, error) => {
        servers.delete(closed)
        const state = error instanceof ProtocolViolation ? 'violated' : 'closed'
        observer.observe({ kind: 'link', state, peer: `from ${peer}`, reason: error?.message })
      },
    })
    servers.add(server)
  })
  return {
    address: listener.address,
    goAway: () => {
      for (const server of servers) server.goAway()
    },
    close: async () => {
      const closed = listener.close()
      for (const server of [...servers]) server.close()
      await closed
    },
  }
}

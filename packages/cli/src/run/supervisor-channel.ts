import type { ToInstance } from '@holon/app'
import type { PeerListing } from '@holon/rpc'

import type { ParentChannel } from '../host.ts'
import type { StopSwitch } from './stop-switch.ts'

// The supervisor is gone: nobody waits for us, and nobody else will end us.
const orphanGraceMs = 2_000

/** What an instance hears from its supervisor, and asks it; see `instance-protocol.ts`. */
export interface SupervisorChannel {
  /** The supervisor tells it first of all. */
  readonly linkSecret: Promise<string>
  /** Where the embedded bus runs, once that was asked for. */
  readonly busPlaced: Promise<'here' | 'elsewhere'>
  /** The other instances, as last told. */
  readonly peers: readonly PeerListing[]
  /** Calls with the others now and whenever that changes. */
  onPeers(listener: (peers: readonly PeerListing[]) => void): void
  /** Calls with services that wait for each other in their start hooks. */
  onCircle(listener: (services: readonly string[]) => void): void
  /** Sends a request with a number of its own and resolves with the answer. */
  provision(ask: (request: number) => Promise<void>): Promise<string>
}

/** Listens to the supervisor. When it is gone, the instance stops: nobody else would end it. */
export function supervisorChannel(
  parent: ParentChannel,
  { stop, isDebugged }: { readonly stop: StopSwitch; readonly isDebugged: () => boolean },
): SupervisorChannel {
  let peers: readonly PeerListing[] = []
  let onPeers = (_peers: readonly PeerListing[]): void => undefined
  let onCircle = (_services: readonly string[]): void => undefined
  let requests = 0
  const secret = Promise.withResolvers<string>()
  const bus = Promise.withResolvers<'here' | 'elsewhere'>()
  // Not everybody asks.
  bus.promise.catch(() => undefined)
  const pending = new Map<number, PromiseWithResolvers<string>>()
  parent.onClose(() => stop.request(orphanGraceMs))
  const heard = (message: ToInstance): void => {
    switch (message.kind) {
      case 'secret':
        return secret.resolve(message.linkSecret)
      case 'peers':
        ;({ peers } = message)
        return onPeers(peers)
      case 'provisioned':
        settle(pending.get(message.request), message.connection, message.error)
        return void pending.delete(message.request)
      case 'bus-placed':
        return settle(bus, message.at, message.error)
      case 'circle':
        return onCircle(message.services)
      case 'alive':
        return void parent.send({ kind: 'alive', debugged: isDebugged() })
      case 'stop':
        return stop.request(message.graceMs)
      default:
    }
  }
  // The parent is the supervisor, of this very version.
  parent.onMessage((received) => heard(received as ToInstance))
  return {
    linkSecret: secret.promise,
    busPlaced: bus.promise,
    get peers() {
      return peers
    },
    onPeers(listener) {
      onPeers = listener
      listener(peers)
    },
    onCircle(listener) {
      onCircle = listener
    },
    async provision(ask) {
      requests += 1
      const answer = Promise.withResolvers<string>()
      pending.set(requests, answer)
      await ask(requests)
      return answer.promise
    },
  }
}

function settle<T>(asked: PromiseWithResolvers<T> | undefined, answer: T | undefined, error: string | undefined): void {
  if (answer === undefined) asked?.reject(new Error(error ?? 'refused'))
  else asked?.resolve(answer)
}

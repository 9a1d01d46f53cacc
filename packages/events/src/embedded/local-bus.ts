import type { Bus, BusSubscription, Delivery, SubscribeOptions } from '../bus.ts'
import { busClosed } from '../unavailable.ts'
import type { Member } from './hub.ts'
import type { Hubs, Seat } from './hubs.ts'

/** A bus over hubs in the same process. Closing it leaves their subscriptions; the hubs stay open. */
export function localBus(hubs: Hubs): Bus {
  const open = new Set<BusSubscription>()
  let closed = false
  const assertOpen = (): void => {
    if (closed) throw busClosed()
  }
  return {
    publish: async (messages) => {
      assertOpen()
      await hubs.publish(messages)
    },
    subscribe: async (options, deliver) => {
      assertOpen()
      const subscription = await subscribe(hubs, options, deliver)
      open.add(subscription)
      return { ...subscription, close: () => (open.delete(subscription), subscription.close()) }
    },
    close: async () => {
      closed = true
      for (const subscription of open) await subscription.close()
      open.clear()
    },
  }
}

async function subscribe(
  hubs: Hubs,
  options: SubscribeOptions,
  deliver: (delivery: Delivery) => void,
): Promise<BusSubscription> {
  const name = options.subscription
  let revocation = new AbortController()
  const place: { seat?: Seat } = {}
  /** Acknowledged before it was known where. */
  const early: number[] = []
  const member: Member = {
    window: options.window,
    deliver: (loans) => {
      for (const { message, redelivered, sequence } of loans) {
        const revoked = revocation.signal
        const ack = (): void => {
          if (revoked.aborted) return
          if (place.seat === undefined) early.push(sequence)
          else place.seat.hub.ack(member, [sequence])
        }
        deliver({ message, redelivered, revoked, ack })
      }
    },
    revoke: () => {
      revocation.abort()
      revocation = new AbortController()
      return Promise.resolve()
    },
  }
  place.seat = await hubs.join(options, member)
  if (early.length > 0) place.seat.hub.ack(member, early)
  return {
    lag: async () => hubs.lag(name),
    pause: () => hubs.setPaused(name, true),
    resume: () => hubs.setPaused(name, false),
    paused: async () => hubs.isPaused(name),
    rewind: (to) => hubs.rewind(name, to),
    close: async () => place.seat?.leave(),
  }
}

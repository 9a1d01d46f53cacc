import type { SqlStore } from '@holon/data'
import type { TryCount } from '@holon/events'

/** Counts the tries of a subscription's messages in the store of its service. */
export function storedTries(store: SqlStore<unknown>, subscription: string): TryCount {
  const { tries } = store.events
  return {
    look: (messageId) => tries.look({ subscription, messageId }),
    begin: (messageId) => tries.begin({ subscription, messageId }),
    fail: (messageId) => tries.fail({ subscription, messageId }),
    takeBack: (messageId) => tries.takeBack({ subscription, messageId }),
    remove: (messageId) => tries.remove({ subscription, messageId }),
    discard: (messageId) =>
      store.transaction(async (tx) => {
        const receipt = { subscription, messageId }
        await store.events.receive(tx, receipt)
        await tries.remove(receipt, tx)
      }),
  }
}

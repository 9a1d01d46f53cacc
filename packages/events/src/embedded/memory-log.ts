import type { BusMessage } from '../bus.ts'
import type { LoggedMessage, MessageLog, SubscriptionState } from './message-log.ts'

/** A log that lasts as long as the process: for tests and simulation. */
export function memoryLog(): MessageLog {
  const messages: LoggedMessage[] = []
  const states = new Map<string, SubscriptionState>()
  // A message's number is its index plus one.
  const from = (after: number, topics: readonly string[]): readonly LoggedMessage[] =>
    messages.slice(after).filter(({ message }) => topics.includes(message.topic))
  return {
    get head() {
      return messages.length
    },
    wasClosed: true,
    append: (added: readonly BusMessage[]) => {
      for (const message of added) messages.push({ sequence: messages.length + 1, message })
      return Promise.resolve()
    },
    read: (topics, after, limit) => {
      const found: LoggedMessage[] = []
      for (let index = after; index < messages.length && found.length < limit; index += 1) {
        const logged = messages[index]
        if (logged !== undefined && topics.includes(logged.message.topic)) found.push(logged)
      }
      return found
    },
    pick: (sequences) => sequences.flatMap((sequence) => messages[sequence - 1] ?? []),
    count: (topics, after) => from(after, topics).length,
    placeBefore: (timeMs) => {
      const index = messages.findIndex(({ message }) => message.timeMs >= timeMs)
      return index === -1 ? messages.length : index
    },
    subscriptions: () => [...states.values()],
    save: (saved) => {
      for (const state of saved) states.set(state.name, state)
    },
    sync: () => Promise.resolve(),
    trim: () => 0,
    forget: (subscription) => void states.delete(subscription),
    close: () => Promise.resolve(),
  }
}

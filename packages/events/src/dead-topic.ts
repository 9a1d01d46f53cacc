import type { DeadLetter } from '@holon/data'

import type { BusMessage } from './bus.ts'
import { keptMessage } from './kept-message.ts'

/** The topic that keeps the dead letters of a subscription whose service has no store. */
export function deadTopic(subscription: string): string {
  return `dead.${subscription}`
}

/** A dead letter as a message of its subscription's dead topic. */
export function deadLetterMessage(letter: DeadLetter): BusMessage {
  return toMessage(letter.subscription, letter.id, { kind: 'letter', letter, timeMs: letter.lastFailedAtMs })
}

/** Says that a letter of a dead topic is done with. */
export function settledMessage(letter: DeadLetter, outcome: 'replayed' | 'discarded', timeMs: number): BusMessage {
  return toMessage(letter.subscription, `${letter.id}-${outcome}`, { kind: outcome, id: letter.id, timeMs })
}

type Entry =
  | { readonly kind: 'letter'; readonly letter: DeadLetter; readonly timeMs: number }
  | { readonly kind: 'replayed' | 'discarded'; readonly id: string; readonly timeMs: number }

function toMessage(subscription: string, id: string, entry: Entry): BusMessage {
  const isLetter = entry.kind === 'letter'
  return keptMessage({
    topic: deadTopic(subscription),
    subscription,
    id,
    key: isLetter ? entry.letter.id : entry.id,
    timeMs: entry.timeMs,
    content: isLetter ? { ...entry, letter: compact(entry.letter) } : entry,
  })
}

/** As text within a text every quote of it is escaped, and a large event would become larger than a bus takes. */
const largeCharacters = 100_000

function compact(letter: DeadLetter): Omit<DeadLetter, 'envelope'> & { readonly envelope: unknown } {
  if (letter.envelope.length < largeCharacters) return letter
  try {
    return { ...letter, envelope: JSON.parse(letter.envelope) }
  } catch {
    return letter
  }
}

function expand(letter: DeadLetter): DeadLetter {
  const envelope: unknown = letter.envelope
  return typeof envelope === 'string' ? letter : { ...letter, envelope: JSON.stringify(envelope) }
}

/** The letters that a dead topic's messages leave: those that were neither replayed nor discarded. */
export function openLetters(messages: readonly BusMessage[]): readonly DeadLetter[] {
  const letters = new Map<string, DeadLetter>()
  for (const { body } of messages) {
    const entry: Entry = JSON.parse(body)
    if (entry.kind === 'letter') letters.set(entry.letter.id, expand(entry.letter))
    else letters.delete(entry.id)
  }
  return [...letters.values()]
}

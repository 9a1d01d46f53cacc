import { type Platform, randomId } from '@holon/contract'
import type { CountedTries } from '@holon/data'

import type { Bus, BusMessage } from './bus.ts'
import { keptMessage } from './kept-message.ts'
import { readTopic } from './read-topic.ts'
import type { TryCount } from './workplace.ts'

/** The topic on which tries are counted of a subscription whose service has no store; see {@link TryCount}. */
export function triesTopic(subscription: string): string {
  return `tries.${subscription}`
}

interface Entry {
  readonly kind: 'begun' | 'failed' | 'taken-back' | 'removed' | 'discarded'
  readonly messageId: string
  readonly timeMs: number
}

export interface BusTriesOptions {
  readonly bus: Bus
  readonly platform: Platform
  readonly subscription: string
}

interface BusTries extends CountedTries {
  readonly discarded: boolean
}

/**
 * Counts tries on the bus itself. The topic is read when a message is asked about that came after the last reading:
 * what others have counted of it was on the bus before it was delivered again.
 */
export function countOnBus({ bus, platform, subscription }: BusTriesOptions): TryCount {
  const topic = triesTopic(subscription)
  let book = new TryBook([])
  let readMs = -Infinity
  let reading: Promise<void> = Promise.resolve()
  const read = async (): Promise<void> => {
    const startMs = platform.monotonicMs()
    book = new TryBook(await readTopic(bus, topic, platform))
    readMs = startMs
  }
  const write = async (kind: Entry['kind'], messageId: string): Promise<void> => {
    const content: Entry = { kind, messageId, timeMs: platform.now() }
    const id = randomId(platform, 12)
    const note = keptMessage({ topic, subscription, id, key: messageId, timeMs: content.timeMs, content })
    try {
      await bus.publish([note])
    } catch (error) {
      // It may be there all the same.
      readMs = -Infinity
      throw error
    }
    await reading.catch(() => undefined)
    book.count(note)
  }
  return {
    look: async (messageId, sinceMs) => {
      if (readMs <= sinceMs) await (reading = read())
      const tries = book.triesOf(messageId)
      return { received: tries?.discarded === true, tries }
    },
    begin: (messageId) => write('begun', messageId),
    fail: (messageId) => write('failed', messageId),
    takeBack: (messageId) => write('taken-back', messageId),
    // What was counted was looked up, or written, here.
    remove: async (messageId) => book.triesOf(messageId) && write('removed', messageId),
    discard: (messageId) => write('discarded', messageId),
  }
}

/** What the topic's messages come to. A bus may deliver copies of one; it is counted once. */
class TryBook {
  readonly #counted = new Map<string, BusTries>()
  readonly #seen = new Set<string>()

  constructor(messages: readonly BusMessage[]) {
    for (const message of messages) this.count(message)
  }

  triesOf(messageId: string): BusTries | undefined {
    return this.#counted.get(messageId)
  }

  count({ id, body }: BusMessage): void {
    if (this.#seen.has(id)) return
    this.#seen.add(id)
    // What is on this topic is what was written here.
    const { kind, messageId, timeMs } = JSON.parse(body) as Entry
    const tries = this.triesOf(messageId) ?? { begun: 0, failed: 0, firstMs: timeMs, lastMs: timeMs, discarded: false }
    if (kind === 'removed') this.#counted.delete(messageId)
    else this.#counted.set(messageId, { ...tries, ...changeBy(kind, tries, timeMs) })
  }
}

function changeBy(kind: Exclude<Entry['kind'], 'removed'>, tries: BusTries, timeMs: number): Partial<BusTries> {
  switch (kind) {
    case 'begun':
      return { begun: tries.begun + 1, lastMs: timeMs }
    case 'failed':
      return { failed: tries.failed + 1 }
    case 'taken-back':
      return { begun: tries.begun - 1 }
    case 'discarded':
      return { discarded: true }
  }
}

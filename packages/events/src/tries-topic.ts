import type { Platform } from '@holon/contract'
import type { CountedTries } from '@holon/data'

import type { Bus, BusMessage } from './bus.ts'
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
  let counted: Promise<Map<string, BusTries>> = Promise.resolve(new Map())
  let readMs = -Infinity
  const read = (): Promise<Map<string, BusTries>> => {
    const startMs = platform.monotonicMs()
    counted = readTopic(bus, topic, platform).then(countAll)
    counted.then(
      () => (readMs = startMs),
      () => undefined,
    )
    return counted
  }
  const write = async (kind: Entry['kind'], messageId: string): Promise<void> => {
    const entry: Entry = { kind, messageId, timeMs: platform.now() }
    await bus.publish([toMessage(subscription, entry, Buffer.from(platform.randomBytes(12)).toString('hex'))])
    count(await counted, entry)
  }
  return {
    look: async (messageId, sinceMs) => {
      const known = await (readMs > sinceMs ? counted : read())
      const tries = known.get(messageId)
      return { received: tries?.discarded === true, tries }
    },
    begin: (messageId) => write('begun', messageId),
    fail: (messageId) => write('failed', messageId),
    takeBack: (messageId) => write('taken-back', messageId),
    remove: (messageId) => write('removed', messageId),
    discard: (messageId) => write('discarded', messageId),
  }
}

function countAll(messages: readonly BusMessage[]): Map<string, BusTries> {
  const counted = new Map<string, BusTries>()
  // What is on this topic is what was written here.
  for (const { body } of messages) count(counted, JSON.parse(body) as Entry)
  return counted
}

function count(counted: Map<string, BusTries>, { kind, messageId, timeMs }: Entry): void {
  const tries = counted.get(messageId) ?? { begun: 0, failed: 0, firstMs: timeMs, lastMs: timeMs, discarded: false }
  if (kind === 'begun') counted.set(messageId, { ...tries, begun: tries.begun + 1, lastMs: timeMs })
  else if (kind === 'failed') counted.set(messageId, { ...tries, failed: tries.failed + 1 })
  else if (kind === 'taken-back') counted.set(messageId, { ...tries, begun: tries.begun - 1 })
  else if (kind === 'discarded') counted.set(messageId, { ...tries, discarded: true })
  else counted.delete(messageId)
}

function toMessage(subscription: string, entry: Entry, id: string): BusMessage {
  const topic = triesTopic(subscription)
  const attributes = {
    specversion: '1.0',
    id,
    source: `/holon/${subscription}`,
    type: topic,
    time: new Date(entry.timeMs).toISOString(),
    datacontenttype: 'application/json',
  }
  return { id, topic, key: entry.messageId, attributes, body: JSON.stringify(entry), timeMs: entry.timeMs }
}

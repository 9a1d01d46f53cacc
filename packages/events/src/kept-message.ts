import type { BusMessage } from './bus.ts'

/** What is noted on the bus for a subscription whose service has no store. */
export interface KeptNote {
  readonly topic: string
  readonly subscription: string
  readonly id: string
  /** Notes of one key keep their order. */
  readonly key: string
  readonly timeMs: number
  readonly content: unknown
}

export function keptMessage({ topic, subscription, id, key, timeMs, content }: KeptNote): BusMessage {
  const attributes = {
    specversion: '1.0',
    id,
    source: `/holon/${subscription}`,
    type: topic,
    time: new Date(timeMs).toISOString(),
    datacontenttype: 'application/json',
  }
  return { id, topic, key, attributes, body: JSON.stringify(content), timeMs }
}

import { type Platform, randomId } from '@holon/contract'

import type { Bus, BusMessage } from './bus.ts'

const window = 1_000

/** Everything that a topic keeps now. For small topics: all of it is in memory. */
export async function readTopic(bus: Bus, topic: string, platform: Platform): Promise<readonly BusMessage[]> {
  const messages: BusMessage[] = []
  const subscription = `read-${randomId(platform, 9)}`
  const joined = await bus.subscribe(
    { subscription, topics: [topic], start: 'all', window, ephemeral: true },
    (delivery) => {
      messages.push(delivery.message)
      delivery.ack()
    },
  )
  try {
    // Each question takes a way to the bus and back, and what it has delivered before arrives before the answer.
    while ((await joined.lag()) > 0);
    return messages
  } finally {
    await joined.close()
  }
}

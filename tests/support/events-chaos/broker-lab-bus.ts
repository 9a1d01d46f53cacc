import { setTimeout as sleep } from 'node:timers/promises'

import { Connection } from 'rabbitmq-client'

import type { BrokerName } from '../broker-names.ts'
import { startServer } from '../servers/start-server.ts'
import type { LabBus } from './events-lab.ts'

/** A bit more than what members of a subscription may be silent for. RabbitMQ asks for a heartbeat after 60 s, which takes too long here. */
const leaseMs = { nats: 8_000, rabbitmq: 8_000, kafka: 6_000 }

/**
 * RabbitMQ 3.10 notes the raft state of a new queue only every few seconds; killed before, it finds no leader for the
 * queue (https://github.com/rabbitmq/rabbitmq-server/issues/10070). The lab's queues are made while it opens: its first
 * kill waits.
 */
const youngMs = { nats: 0, rabbitmq: 20_000, kafka: 0 }

/** A broker for the lab: a server of its own. */
export async function brokerLabBus(kind: BrokerName): Promise<LabBus> {
  const server = await startServer(kind)
  let grown: Promise<unknown> | undefined
  return {
    choice: { kind, url: server.url },
    longerThanLeaseMs: leaseMs[kind],
    kill: async () => {
      await (grown ??= sleep(youngMs[kind]))
      await server.kill()
    },
    stop: async () => {
      await (grown ??= sleep(youngMs[kind]))
      await server.stop()
    },
    start: async () => {
      await server.start()
      if (kind === 'rabbitmq') await streamsBack(server.url)
    },
    close: () => Promise.resolve(server[Symbol.asyncDispose]()),
  }
}

const streamsWithinMs = 60_000
/** Of the lab's two events, with four partitions each. */
const streams = [
  'lab.positions',
  ...['moved', 'sent'].flatMap((event) => [0, 1, 2, 3].map((partition) => `lab.events.ledger.${event}.${partition}`)),
]

/**
 * RabbitMQ takes connections before it has entered its streams again. Ended in between, 3.10 never enters them any more, not
 * at its next start either (https://github.com/rabbitmq/rabbitmq-server/issues/6179, mended in 3.11): nobody could go on.
 */
async function streamsBack(url: string): Promise<void> {
  const connection = new Connection(url)
  connection.on('error', () => undefined)
  const endMs = Date.now() + streamsWithinMs
  const isBack = async (queue: string): Promise<boolean> => {
    try {
      await connection.queueDeclare({ queue, passive: true })
      return true
    } catch (error) {
      // It was never made, or the server still looks for it.
      if (error instanceof Error && error.message.includes('no queue')) return true
      if (Date.now() > endMs) throw new Error(`RabbitMQ does not find the stream ${queue} again.`, { cause: error })
      return false
    }
  }
  try {
    for (const queue of streams) while (!(await isBack(queue))) await sleep(100)
  } finally {
    await connection.close()
  }
}

import { setTimeout as sleep } from 'node:timers/promises'

import type { BrokerName } from '../broker-names.ts'
import { untilStreamsAreBack } from '../servers/rabbitmq-streams.ts'
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
      if (kind === 'rabbitmq') await untilStreamsAreBack(server)
    },
    close: () => Promise.resolve(server[Symbol.asyncDispose]()),
  }
}

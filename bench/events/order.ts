// What every variant publishes and applies, and what its two processes agree on.

/** The data of the event. About 120 bytes as JSON. */
export interface Order {
  /** Counts up from 0 in each producer. */
  readonly n: number
  readonly orderId: string
  /** The key of the event, where events have one. */
  readonly customerId: string
  readonly totalCents: number
}

/** Orders come from so many customers in turn. */
const customers = 1000

export function orderOf(n: number): Order {
  const customer = String(n % customers).padStart(4, '0')
  return { n, orderId: `ord_${String(n).padStart(9, '0')}`, customerId: `cus_3f2a9c1e7b5d${customer}`, totalCents: n }
}

/** What both processes of a variant are told. */
export interface Setup {
  /** A name of this job's own, for topics and queues. */
  readonly name: string
  /** Connection of the producer's database, and of the consumer's: the same for who keeps the queue in the database. */
  readonly databases?: { readonly producer: string; readonly consumer: string }
  /** Where the broker is: an URL, an address, or the embedded bus's socket. */
  readonly broker?: string
  /** Where the consumer tells the producer how much it has applied. */
  readonly progress: string
}

export interface Producer {
  /**
   * Publishes one order and resolves when it is durable. Calls `committing` when all is done but the commit (without a
   * transaction: but the publication): latency counts from there.
   */
  publish(order: Order, committing: () => void): Promise<void>
}

/** A variant's own code, as its users would write it. */
export interface EventsPeer {
  produce(setup: Setup): Promise<Producer>
  /** Resolves when what is published from now on will come. Calls `applied` when an order's effect is committed. */
  consume(setup: Setup, applied: (n: number) => void): Promise<void>
}

export const tables = {
  producer:
    'create table orders (n integer not null, order_id text not null, customer_id text not null, total_cents integer not null)',
  consumer: 'create table shipments (n integer not null, order_id text not null)',
} as const

export const statements = {
  insertOrder: 'insert into orders (n, order_id, customer_id, total_cents) values ($1, $2, $3, $4)',
  insertShipment: 'insert into shipments (n, order_id) values ($1, $2)',
} as const

/** Connections in each process. */
export const poolSize = 10

/** A clock that all processes of the machine share, in ms. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

import { isDeepStrictEqual } from 'node:util'

import type { Bus, BusMessage, BusSubscription, Delivery, SubscribeOptions } from '@holon/events'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'

import type { BusChoice } from '../fixtures/events-lab/bus-of.ts'

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A bus with its server, for one suite. Names of topics and subscriptions are fresh in each test. */
export interface BusUnderTest {
  /** What a process of its own would have. */
  connect(): Promise<Bus>
  /** Ends the server, in order or without warning, and starts it again with what it had stored. Required with `restarts`. */
  restart?(how: 'stop' | 'kill'): Promise<void>
  /** Deletes what the server has of a topic. Required with `deletesTopics`. */
  deleteTopic?(topic: string): Promise<void>
  /** How a process of its own reaches it. Required with `restarts`. */
  readonly choice?: BusChoice
  close(): Promise<void>
}

export interface BusSuiteOptions {
  /** How long anything may take that should happen. Default 10 s. */
  readonly timeoutMs?: number
  /** For how long nothing must happen, where that is what is asked. Default 150 ms. */
  readonly quietMs?: number
  /** Whether the bus has a server that can be stopped and killed. Default true. */
  readonly restarts?: boolean
  /** Whether an operator can delete a topic. Default false. */
  readonly deletesTopics?: boolean
  /** Bytes of the largest message that its server takes. Without it that is so large that no test tries. */
  readonly takesAtMost?: number
}

/** What one member of a subscription has received. */
export class Receiver {
  readonly deliveries: Delivery[] = []
  readonly #onDelivery: (delivery: Delivery) => void

  constructor(onDelivery: (delivery: Delivery) => void = () => {}) {
    this.#onDelivery = onDelivery
  }

  readonly deliver = (delivery: Delivery): void => {
    this.deliveries.push(delivery)
    this.#onDelivery(delivery)
  }

  get ids(): readonly string[] {
    return this.deliveries.map(({ message }) => message.id)
  }

  ofKey(key: string): readonly string[] {
    return this.deliveries.flatMap(({ message }) => (message.key === key ? [message.id] : []))
  }
}

export const acknowledging = (): Receiver => new Receiver((delivery) => delivery.ack())

let tests = 0
const unique = (): string => `t${process.pid.toString(36)}x${Date.now().toString(36)}x${(tests += 1)}`

const settledValue = async (probe: () => unknown): Promise<unknown> => {
  try {
    return await probe()
  } catch (error) {
    return error
  }
}

/** What the tests of a suite share: connections that are closed after each test, names that are fresh in each. */
export interface BusBench {
  readonly bus: BusUnderTest
  readonly topic: string
  readonly subscription: string
  connect(): Promise<Bus>
  /** Begins a test: fresh names, and a connection. */
  fresh(): Promise<Bus>
  message(key: string): BusMessage
  join(on: Bus, receiver: Receiver, more?: Partial<SubscribeOptions>): Promise<BusSubscription>
  /** Resolves once `probe` gives what is expected; fails after the suite's timeout. */
  until(probe: () => unknown, expected: unknown): Promise<void>
  drained(joined: BusSubscription): Promise<void>
  /** Waits for as long as nothing must happen. */
  quiet(): Promise<void>
}

/** Opens the bus for the suite that is being described. */
export function useBus(open: () => Promise<BusUnderTest>, options: BusSuiteOptions): BusBench {
  const { timeoutMs = 10_000, quietMs = 150 } = options
  let bus: BusUnderTest | undefined
  let opened: Bus[] = []
  const names = { topic: '', subscription: '', sent: 0 }
  beforeAll(async () => {
    bus = await open()
  })
  afterAll(() => bus?.close())
  afterEach(async () => {
    await Promise.all(opened.map((one) => one.close()))
    opened = []
  })
  const bench: BusBench = {
    get bus() {
      if (bus === undefined) throw new Error('The bus is not open yet.')
      return bus
    },
    get topic() {
      return names.topic
    },
    get subscription() {
      return names.subscription
    },
    connect: async () => {
      const connected = await bench.bus.connect()
      opened.push(connected)
      return connected
    },
    fresh: () => {
      Object.assign(names, { topic: `${unique()}.happened`, subscription: unique(), sent: 0 })
      return bench.connect()
    },
    message: (key) => makeMessage({ topic: names.topic, key, number: (names.sent += 1) }),
    join: (on, receiver, more) => {
      const { subscription, topic } = names
      return on.subscribe({ subscription, topics: [topic], start: 'new', window: 100, ...more }, receiver.deliver)
    },
    until: async (probe, expected) => {
      const endMs = Date.now() + timeoutMs
      for (;;) {
        // Just after a restart a bus may answer that it cannot be reached yet.
        const found = await settledValue(probe)
        if (isDeepStrictEqual(found, expected)) return
        if (Date.now() > endMs) expect(found).toEqual(expected)
        await sleep(5)
      }
    },
    drained: (joined) => bench.until(() => joined.lag(), 0),
    quiet: () => sleep(quietMs),
  }
  return bench
}

function makeMessage({ topic, key, number }: { topic: string; key: string; number: number }): BusMessage {
  const id = `${topic}-${number}`
  return {
    id,
    topic,
    key,
    attributes: {
      specversion: '1.0',
      id,
      source: '/test/bus',
      type: topic,
      subject: key,
      time: '2026-01-02T03:04:05.678Z',
      datacontenttype: 'application/json',
    },
    body: JSON.stringify({ text: `Grüße, "${key}" ✓`, number }),
    timeMs: Date.now(),
  }
}

/** While a server is away, `publish` may reject; then everything is published again. */
export async function publishUntilTaken(
  bus: Bus,
  messages: readonly BusMessage[],
  withinMs: number = 30_000,
): Promise<void> {
  const endMs = Date.now() + withinMs
  for (;;) {
    try {
      return await bus.publish(messages)
    } catch (error) {
      if (Date.now() > endMs) throw error
      await sleep(50)
    }
  }
}

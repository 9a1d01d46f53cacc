import { defineContract, delay, event } from '@holon/contract'
import { ManualPlatform } from '@holon/contract/manual-platform'
import fc from 'fast-check'
import { expect, inject, it } from 'vitest'
import { z } from 'zod'

import type { Bus } from './bus.ts'
import { Consumer } from './consumer.ts'
import { memoryBus } from './embedded/memory-bus.ts'
import { EventIds } from './event-ids.ts'
import { memoryOutbox } from './fixtures/memory-outbox.ts'
import { memoryStore, type MemoryStore, memoryWorkplaces } from './fixtures/memory-workplace.ts'
import { createPublisher } from './publisher.ts'
import { Relay } from './relay.ts'

const shop = defineContract('shop', {
  events: { moved: event({ key: 'key', data: z.object({ key: z.string(), n: z.int(), poison: z.boolean() }) }) },
})

/** One thing that happens to the system, some time after the one before. */
type Step =
  | { readonly kind: 'publish'; readonly keys: readonly number[]; readonly poison: boolean }
  | { readonly kind: 'join' }
  | { readonly kind: 'crash' }
  | { readonly kind: 'leave' }
  | { readonly kind: 'bus-away' | 'store-away'; readonly forMs: number }
  | { readonly kind: 'relay-crash' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      keys: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 12 }),
      poison: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.constantFrom<Step[]>({ kind: 'join' }, { kind: 'crash' }, { kind: 'leave' }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('bus-away' as const, 'store-away' as const),
      forMs: fc.integer({ min: 1, max: 3_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('relay-crash' as const) }) },
)

interface Replica {
  readonly bus: Bus
  readonly consumer: Consumer
}

/** Producer with outbox and relay, a bus, and replicas of one consumer, in a simulated world. */
class World {
  readonly platform: ManualPlatform
  readonly store: MemoryStore = memoryStore()
  readonly published: { id: string; key: string; poison: boolean }[] = []
  readonly #ids: EventIds
  readonly #server
  readonly #outbox
  readonly #workplaces = memoryWorkplaces()
  readonly #failing: number
  #replicas: Replica[] = []
  #relays: Relay[] = []
  #busAwayUntilMs = 0
  #storeAwayUntilMs = 0
  #number = 0

  constructor(seed: number, failing: number) {
    this.platform = new ManualPlatform({ seed, lateMs: inject('lateMs') })
    this.#failing = failing
    this.#ids = new EventIds(this.platform)
    this.#server = memoryBus(this.platform)
    this.#outbox = memoryOutbox({ step: () => this.#pause(3) })
  }

  async start(): Promise<void> {
    await this.join()
    for (const owner of ['a', 'b']) await this.#startRelay(owner)
  }

  async publish(keys: readonly number[], poison: boolean): Promise<void> {
    const publisher = createPublisher({ platform: this.platform, ids: this.#ids, app: 'app', service: 'shop' })
    const records = []
    for (const [index, key] of keys.entries()) {
      const isPoison = poison && index === 0
      const record = await publisher(
        shop.events.moved,
        { key: `k${key}`, n: (this.#number += 1), poison: isPoison },
        {},
      )
      records.push(record)
      this.published.push({ id: record.id, key: record.key, poison: isPoison })
    }
    this.#outbox.append(records)
  }

  async join(): Promise<void> {
    const bus = this.#server.connect()
    const consumer = new Consumer({
      bus,
      platform: this.platform,
      event: shop.events.moved,
      subscription: 'mirror.shop.moved',
      workplace: this.#workplaces({
        store: this.store,
        platform: this.platform,
        handle: (attempt) => this.#handle(attempt),
        isAway: () => this.platform.monotonicMs() < this.#storeAwayUntilMs,
      }),
      nextId: () => this.#ids.next(),
      onOutcome: () => {},
      concurrency: 2,
      window: 12,
      retry: { tries: 4, firstMs: 10, longestMs: 200 },
    })
    await consumer.start()
    this.#replicas.push({ bus, consumer })
  }

  /** Its connection is gone; its handlers run on, as in a process that does not know yet. */
  async crash(): Promise<void> {
    const replica = this.#replicas.shift()
    await replica?.bus.close()
    if (this.#replicas.length === 0) await this.join()
  }

  leave(): void {
    const replica = this.#replicas.shift()
    void replica?.consumer.close(500)
    if (this.#replicas.length === 0) void this.join()
  }

  /** A relay is gone in the midst of whatever it does; another process takes its place. */
  async relayCrash(): Promise<void> {
    void this.#relays.shift()?.stop()
    await this.#startRelay(`r${this.#ids.next()}`)
  }

  away(what: 'bus-away' | 'store-away', forMs: number): void {
    const untilMs = this.platform.monotonicMs() + forMs
    if (what === 'bus-away') this.#busAwayUntilMs = untilMs
    else this.#storeAwayUntilMs = untilMs
  }

  get settled(): boolean {
    return this.store.receipts.size === this.published.length && this.#outbox.waiting === 0
  }

  async #startRelay(owner: string): Promise<void> {
    const bus = this.#server.connect()
    const publish: Bus['publish'] = async (messages) => {
      await this.#pause(3)
      if (this.platform.monotonicMs() < this.#busAwayUntilMs) throw new Error('the bus is away')
      // What was sent may have arrived although the answer is lost.
      const lost = this.platform.random() < 0.1
      await bus.publish(messages)
      if (lost) throw new Error('the answer is lost')
    }
    const relay = new Relay({
      outbox: this.#outbox.outbox,
      bus: { ...bus, publish },
      platform: this.platform,
      owner,
      nextId: () => this.#ids.next(),
      onState: () => {},
      onSetAside: () => {},
    })
    this.#relays.push(relay)
    await relay.start()
  }

  async #handle({ data }: { readonly data: unknown }): Promise<void> {
    // Quick enough to be handled together now and then.
    await this.#pause(this.platform.random() < 0.5 ? 20 : 1)
    if ((data as { poison: boolean }).poison) throw new Error('poison')
    if (this.platform.random() < this.#failing) throw new Error('bad luck')
  }

  async #pause(mostMs: number): Promise<void> {
    await delay(this.platform, this.platform.random() * mostMs)
  }
}

async function play(world: World, steps: readonly { readonly step: Step; readonly afterMs: number }[]): Promise<void> {
  const later = async (ms: number): Promise<void> => {
    let over = false
    world.platform.setTimer(() => (over = true), ms)
    await world.platform.passUntil(() => over, ms + 1)
  }
  for (const { step: happening, afterMs } of steps) {
    await later(afterMs)
    if (happening.kind === 'publish') await world.publish(happening.keys, happening.poison)
    else if (happening.kind === 'join') await world.join()
    else if (happening.kind === 'crash') await world.crash()
    else if (happening.kind === 'leave') world.leave()
    else if (happening.kind === 'relay-crash') void world.relayCrash()
    else if (happening.kind === 'bus-away' || happening.kind === 'store-away')
      world.away(happening.kind, happening.forMs)
  }
}

it('whatever happens, each event is applied once or buried with its cause, in the order of its key', async () => {
  const steps = fc.array(fc.record({ step, afterMs: fc.integer({ min: 0, max: 150 }) }), {
    minLength: 1,
    maxLength: 40,
  })
  await fc.assert(
    fc.asyncProperty(fc.integer(), steps, async (seed, happenings) => {
      const world = new World(seed, 0.1)
      const started = world.start()
      await world.platform.pass(1)
      await started
      await play(world, happenings)
      const isSettled = await world.platform.passUntil(() => world.settled, 600_000)
      expect(isSettled).toBe(true)

      const ids = world.store.applied.map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      const buried = new Set(world.store.letters.map(({ messageId }) => messageId))
      expect(ids.length + buried.size).toBe(world.published.length)
      expect(world.published.filter(({ id, poison }) => poison && !buried.has(id))).toEqual([])
      for (const letter of world.store.letters) {
        // One more where a member left before it could bury what it had given up.
        expect(letter.attempts).toBeGreaterThanOrEqual(4)
        expect(letter.attempts).toBeLessThanOrEqual(6)
        expect(letter.error.message).toMatch(/poison|bad luck/)
      }
      for (const key of new Set(world.published.map((each) => each.key))) {
        const inOrder = world.published.filter((each) => each.key === key && !buried.has(each.id)).map(({ id }) => id)
        expect(world.store.applied.filter((each) => each.key === key).map(({ id }) => id)).toEqual(inOrder)
      }
    }),
    { numRuns: Number(process.env['HOLON_PROPERTY_RUNS'] ?? 300) },
  )
}, 120_000)

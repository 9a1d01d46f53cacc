import { messageOf, ServiceError, within } from '@holon/contract'
import type { DeadLetter, DeadLetterFilter, SqlStore } from '@holon/data'
import {
  type AdminOperation,
  adminOperation,
  adminOperations,
  type Attempt,
  type BusMessage,
  type BusSubscription,
  deadTopic,
  eventInfo,
  type EventsReport,
  openLetters,
  readData,
  readTopic,
  settledMessage,
  toBusMessage,
} from '@holon/events'
import type { BoundOperation } from '@holon/rpc'

import { isSqlStore, type Publish } from '../service-context.ts'
import { type RewindTarget, rewindAndForget } from './rewind.ts'
import type { RunningSubscription, ServiceEvents } from './service-events.ts'

const answerWithinMs = 2_000
/** After this time another replica may think that one which was rewinding is gone. */
const rewindWithinMs = 300_000

/** The operations by which tools of the platform look after the events of a service. */
export function boundAdminOperations(events: ServiceEvents, publish: Publish): readonly BoundOperation[] {
  const { service } = events.parts
  const desk = new EventsDesk(events, publish)
  return adminOperations.map((name) => ({
    operation: adminOperation(service, name),
    openTo: 'operator',
    // Checked against the contract of these operations, which asks for what `name` needs.
    handle: (input) => desk.answer(name, input as DeskInput),
  }))
}

interface DeskInput extends DeadLetterFilter {
  readonly id: string
  readonly subscription: string
  readonly messageId: string
  readonly timeMs?: number
  readonly event: string
  readonly data: unknown
  readonly key?: string
}

type ShownLetter = DeadLetter & { readonly replayedAtMs?: number }

/** Where one looks after the events of one service. */
class EventsDesk {
  readonly #events: ServiceEvents
  readonly #publish: Publish
  readonly #rewinding = new Set<string>()

  constructor(events: ServiceEvents, publish: Publish) {
    this.#events = events
    this.#publish = publish
  }

  answer(name: AdminOperation, input: DeskInput): unknown {
    switch (name) {
      case 'report':
        return this.#report()
      case 'pause':
        return this.#join(input.subscription).then((joined) => joined.pause())
      case 'resume':
        return this.#join(input.subscription).then((joined) => joined.resume())
      case 'discard':
        return this.#find(input.subscription).workplace.tries.discard(input.messageId)
      case 'rewind': {
        const to = input.timeMs === undefined ? 'start' : { timeMs: input.timeMs }
        return this.#rewind(input.subscription, to)
      }
      case 'deadList':
        return this.#letters(input).then(listed)
      case 'deadShow':
        return this.#letter(input.id)
      case 'deadReplay':
        return this.#replay(input.id)
      case 'deadDiscard':
        return this.#discard(input.id)
      case 'publish':
        return this.#publishByHand(input)
      default:
        throw new TypeError(`There is no operation '${String(name)}'.`)
    }
  }

  get #store(): SqlStore<unknown> | undefined {
    const { store } = this.#events.parts
    return isSqlStore(store) ? store : undefined
  }

  async #report(): Promise<EventsReport> {
    const subscriptions = await Promise.all(
      this.#events.subscriptions.map(async ({ consumer, event }) => {
        const [lag, paused] = await Promise.all([
          this.#soon(async () => (await consumer.joined()).lag()),
          this.#soon(async () => (await consumer.joined()).paused()),
        ])
        const known = { ...(lag !== undefined && { lag }), ...(paused !== undefined && { paused }) }
        return { name: consumer.subscription, topic: event.id, ...known }
      }),
    )
    const outbox = await this.#store?.events.lag()
    const deadLetters =
      (await this.#store?.events.deadLetters.count({ replayed: false })) ?? (await this.#letters({})).length
    return { subscriptions, deadLetters, ...(outbox && { outbox }) }
  }

  /** Undefined when the bus does not answer soon: the outbox is to be seen just then. */
  async #soon<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = ask()
      return (await within(this.#events.parts.platform, answerWithinMs, answer)) ? await answer : undefined
    } catch {
      return undefined
    }
  }

  #join(name: string): Promise<BusSubscription> {
    return this.#find(name).consumer.joined()
  }

  #find(name: string): RunningSubscription {
    const found = this.#events.subscriptions.find(({ consumer }) => consumer.subscription === name)
    if (found) return found
    const names = this.#events.subscriptions.map(({ consumer }) => consumer.subscription).join(', ')
    throw new ServiceError(
      'not_found',
      `There is no subscription '${name}'${names === '' ? '' : ` (there are ${names})`}.`,
    )
  }

  /** One at a time for each subscription: of two, the first would let events come while the second forgets receipts. */
  async #rewind(name: string, to: RewindTarget): Promise<void> {
    const joined = await this.#join(name)
    const store = this.#store
    // Nothing remembers what was handled, so there is nothing to forget.
    if (store === undefined) return joined.rewind(to)
    const refused = (): ServiceError => new ServiceError('aborted', `'${name}' is being rewound already.`)
    // Noted before anything is waited for: a lease is given to its owner once more.
    if (this.#rewinding.has(name)) throw refused()
    this.#rewinding.add(name)
    try {
      const owner = this.#events.parts.replica
      const lease = await store.events.leases.acquire(`rewind/${name}`, { owner, ttlMs: rewindWithinMs })
      if (lease === undefined) throw refused()
      try {
        await rewindAndForget({ joined, subscription: name }, store, to)
      } finally {
        await store.events.leases.release([lease]).catch(() => undefined)
      }
    } finally {
      this.#rewinding.delete(name)
    }
  }

  async #letters(filter: DeadLetterFilter): Promise<readonly ShownLetter[]> {
    const { limit = 100, ...wanted } = filter
    const store = this.#store
    if (store) return (await store.events.deadLetters.list({ ...wanted, limit })).map(shown)
    const { bus, platform } = this.#events.parts
    const letters: DeadLetter[] = []
    for (const { consumer } of this.#events.subscriptions)
      letters.push(...openLetters(await readTopic(bus, deadTopic(consumer.subscription), platform)))
    const fits = (letter: DeadLetter): boolean =>
      (['subscription', 'topic', 'key', 'reason'] as const).every(
        (field) => wanted[field] === undefined || letter[field] === wanted[field],
      )
    return letters.filter(fits).slice(-limit).toReversed()
  }

  async #letter(id: string): Promise<ShownLetter> {
    const stored = this.#store
      ? await this.#store.events.deadLetters.get(id)
      : (await this.#letters({ limit: 100_000 })).find((letter) => letter.id === id)
    if (stored) return shown(stored)
    throw new ServiceError('not_found', `There is no dead letter '${id}'.`)
  }

  async #replay(id: string): Promise<void> {
    const letter = await this.#letter(id)
    if (letter.replayedAtMs !== undefined)
      throw new ServiceError(
        'failed_precondition',
        `Dead letter '${id}' was replayed at ${new Date(letter.replayedAtMs).toISOString()}.`,
      )
    if (letter.reason === 'unpublishable') return this.#publishAgain(letter)
    const { event, workplace } = this.#find(letter.subscription)
    const message = toMessage(letter)
    const attempt: Attempt = {
      message,
      data: await readData(event, message),
      info: eventInfo(message, letter.attempts + 1),
      signal: new AbortController().signal,
      counted: false,
      took: () => undefined,
    }
    const outcome = await workplace.replay(letter, attempt).catch((error: unknown) => {
      const why = messageOf(error)
      throw new ServiceError('aborted', `Event ${message.id} failed again, and stays a dead letter: ${why}`, {
        cause: error,
      })
    })
    if (outcome === 'gone')
      throw new ServiceError('failed_precondition', `Dead letter '${id}' was replayed or discarded meanwhile.`)
  }

  /** At once, so that a refusal is the answer. First the bus, then the mark: twice is harmless, as the event keeps its id. */
  async #publishAgain(letter: DeadLetter): Promise<void> {
    await this.#events.parts.bus.publish([toMessage(letter)])
    await this.#store?.events.deadLetters.markReplayed(letter.id)
  }

  async #discard(id: string): Promise<void> {
    const letter = await this.#letter(id)
    const { bus, platform } = this.#events.parts
    if (this.#store) await this.#store.events.deadLetters.remove(id)
    else await bus.publish([settledMessage(letter, 'discarded', platform.now())])
  }

  async #publishByHand({ event: id, data, key }: DeskInput): Promise<void> {
    const { contract } = this.#events.parts.definition
    const event = Object.values(contract.events).find((each) => each.id === id)
    if (event === undefined) {
      const names = Object.values(contract.events)
        .map((each) => each.id)
        .join(', ')
      throw new ServiceError(
        'not_found',
        `'${contract.name}' has no event '${id}'${names === '' ? '' : ` (it has ${names})`}.`,
      )
    }
    await this.#publish(event, data, key === undefined ? {} : { key })
  }
}

function toMessage({ messageId: id, topic, key, envelope }: DeadLetter): BusMessage {
  return toBusMessage({ id, topic, key, envelope })
}

/** In an answer that a link carries; the events beyond that are left out, and shown one by one. */
const listedCharacters = 16_000_000

function listed(letters: readonly ShownLetter[]): readonly Omit<ShownLetter, 'envelope'>[] {
  let left = listedCharacters
  return letters.map((letter) => {
    left -= letter.envelope.length
    const { envelope: _envelope, ...rest } = letter
    return left < 0 ? rest : letter
  })
}

function shown(
  letter: DeadLetter & { readonly position?: number; readonly replayedAtMs?: number | undefined },
): ShownLetter {
  const { position: _position, replayedAtMs, ...rest } = letter
  return { ...rest, ...(replayedAtMs !== undefined && { replayedAtMs }) }
}

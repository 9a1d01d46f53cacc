import { type ContractEvent, type EventData, ServiceError } from '@holon/contract'

import type { BusMessage } from './bus.ts'
import { eventInfo, type EventInfo, readData } from './received-event.ts'

/** An event as who follows it gets it: its data, as the follower's contract has it, and what is known of it. */
export type FollowedEvent<E extends ContractEvent = ContractEvent> = E extends ContractEvent
  ? EventInfo & { readonly data: EventData<E> }
  : never

export interface FollowerOptions<E extends ContractEvent> {
  /** What is followed, by the topic that it comes from. */
  readonly events: ReadonlyMap<string, E>
  /** Undefined: all keys. */
  readonly key: string | undefined
  readonly onMismatch: (error: unknown, message: BusMessage) => void
  /** Called once. */
  readonly onEnd: () => void
}

/** How many events may wait for a follower that does not take them. */
const mostWaiting = 1_000

/**
 * One iteration over events. Messages wait as they came, which all followers share; each reads what it takes, so that
 * nobody has the same data as somebody else. open → behind (too many wait) or ended (by its consumer, or from outside).
 * It exists before its topics are joined, so that nothing comes too early for it.
 */
export class Follower<E extends ContractEvent = ContractEvent> {
  readonly #options: FollowerOptions<E>
  readonly #waiting: BusMessage[] = []
  #state: 'open' | 'behind' | 'ended' = 'open'
  #wake: () => void = () => undefined
  readonly #begun = Promise.withResolvers<void>()
  #toJoin: number

  constructor(options: FollowerOptions<E>) {
    this.#options = options
    this.#toJoin = options.events.size
  }

  /** Resolves when all of its topics are joined; rejects when it is ended before. */
  get begun(): Promise<void> {
    return this.#begun.promise
  }

  get key(): string | undefined {
    return this.#options.key
  }

  /** One of its topics is. */
  joined(): void {
    this.#toJoin -= 1
    if (this.#toJoin === 0) this.#begun.resolve()
  }

  push(message: BusMessage): void {
    if (this.#waiting.length >= mostWaiting) return this.#close('behind')
    this.#waiting.push(message)
    this.#wake()
  }

  /** Idempotent. What waits is not given out any more. `reason`: for who waits for its beginning; the iteration ends quietly. */
  end(reason?: unknown): void {
    this.#begun.reject(reason)
    this.#close('ended')
  }

  #close(state: 'behind' | 'ended'): void {
    if (this.#state !== 'open') return
    this.#state = state
    this.#waiting.length = 0
    // Where too many came before it began, its iteration says so.
    this.#begun.resolve()
    this.#wake()
    this.#options.onEnd()
  }

  /** For one consumer. */
  events(): AsyncGenerator<FollowedEvent<E>, void, void> {
    const read = this.#read()
    const ending = <T>(settle: () => Promise<T>): Promise<T> => {
      // Before it is the generator's turn: a `next` may be waiting in it.
      this.end()
      return settle()
    }
    return {
      next: () => read.next(),
      return: () => ending(() => read.return()),
      throw: (error: unknown) => ending(() => read.throw(error)),
      [Symbol.asyncIterator]() {
        return this
      },
      [Symbol.asyncDispose]: () => ending(async () => void (await read.return())),
    }
  }

  async *#read(): AsyncGenerator<FollowedEvent<E>, void, void> {
    for (;;) {
      if (this.#state === 'behind') throw tooSlow([...this.#options.events.keys()])
      if (this.#state === 'ended') return
      const message = this.#waiting.shift()
      if (message === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve))
        continue
      }
      const event = await this.#parse(message)
      if (event !== undefined && this.#state === 'open') yield event
    }
  }

  async #parse(message: BusMessage): Promise<FollowedEvent<E> | undefined> {
    const event = this.#options.events.get(message.topic)
    if (event === undefined) return undefined
    try {
      // Checked against the event whose type this names.
      return { ...eventInfo(message, 1), data: await readData(event, message) } as FollowedEvent<E>
    } catch (error) {
      this.#options.onMismatch(error, message)
      return undefined
    }
  }
}

function tooSlow(topics: readonly string[]): ServiceError {
  return new ServiceError(
    'resource_exhausted',
    `More than ${mostWaiting} events of ${topics.join(', ')} were waiting to be taken, so they are not followed any more. Take them faster, or follow fewer keys.`,
  )
}

import { type Backoff, backoffMs, delay, type Operation, type Platform, ServiceError } from '@holon/contract'

import type { Bus, BusSubscription, Delivery, SubscribeOptions } from '../bus.ts'
import { busClosed } from '../unavailable.ts'
import { Buffered } from './buffered.ts'
import { busContract } from './bus-contract.ts'
import type { Acks, Batch } from './bus-wire.ts'
import { linkPublisher } from './link-publisher.ts'

/** Calls the service that serves the bus, wherever it runs. The `Invoker` of `@holon/rpc` is one. */
export interface BusInvoker {
  call(operation: Operation, input: unknown, origin?: { readonly timeoutMs?: number }): Promise<unknown>
  stream(
    operation: Operation,
    input: unknown,
    origin?: { readonly signal?: AbortSignal },
    items?: AsyncIterable<unknown>,
  ): AsyncIterable<unknown>
}

export interface RemoteBusOptions {
  readonly invoker: BusInvoker
  readonly platform: Platform
  /** Told when a subscription was interrupted; it comes back by itself. */
  readonly onError: (error: unknown) => void
}

const publishTimeoutMs = 10_000
const joiningAgain: Backoff = { firstMs: 50, longestMs: 2_000 }

/** The embedded bus, reached through calls. */
export function remoteBus(options: RemoteBusOptions): Bus {
  const open = new Set<RemoteSubscription>()
  let closed = false
  const publish = linkPublisher((messages) =>
    options.invoker.call(operation('publish'), { messages }, { timeoutMs: publishTimeoutMs }),
  )
  return {
    publish: async (messages) => {
      if (closed) throw busClosed()
      if (messages.length > 0) await publish(messages)
    },
    subscribe: async (subscribe, deliver) => {
      if (closed) throw busClosed()
      const subscription = new RemoteSubscription(options, subscribe, deliver)
      open.add(subscription)
      subscription.onClosed = () => open.delete(subscription)
      await subscription.joined
      return subscription
    },
    close: async () => {
      closed = true
      await Promise.all([...open].map((subscription) => subscription.close()))
    },
  }
}

function operation(name: string): Operation {
  const found = busContract.operations[name]
  if (found) return found
  throw new TypeError(`The bus has no operation '${name}'.`)
}

/**
 * A member of a subscription over a link. joining → joined → (link lost: everything revoked, backoff) joining …
 * → closed. Only `close` ends it.
 */
class RemoteSubscription implements BusSubscription {
  readonly joined: Promise<void>
  onClosed: () => void = () => {}
  readonly #options: RemoteBusOptions
  readonly #subscribe: SubscribeOptions
  readonly #deliver: (delivery: Delivery) => void
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  #onJoined: () => void = () => {}
  #failures = 0

  constructor(options: RemoteBusOptions, subscribe: SubscribeOptions, deliver: (delivery: Delivery) => void) {
    this.#options = options
    this.#subscribe = subscribe
    this.#deliver = deliver
    this.joined = new Promise((resolve, reject) => {
      this.#onJoined = resolve
      const closed = (): void => reject(new ServiceError('cancelled', 'The subscription was closed before it began.'))
      this.#closing.signal.addEventListener('abort', closed, { once: true })
    })
    this.joined.catch(() => undefined)
    this.#running = this.#run()
  }

  async lag(): Promise<number> {
    const lag = await this.#options.invoker.call(operation('lag'), this.#named)
    return typeof lag === 'number' ? lag : 0
  }

  async pause(): Promise<void> {
    await this.#options.invoker.call(operation('setPaused'), { ...this.#named, paused: true })
  }

  async resume(): Promise<void> {
    await this.#options.invoker.call(operation('setPaused'), { ...this.#named, paused: false })
  }

  async paused(): Promise<boolean> {
    return (await this.#options.invoker.call(operation('paused'), this.#named)) === true
  }

  async rewind(to: 'start' | { readonly timeMs: number }): Promise<void> {
    const target = to === 'start' ? this.#named : { ...this.#named, timeMs: to.timeMs }
    await this.#options.invoker.call(operation('rewind'), target)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.onClosed()
    await this.#running
  }

  get #named(): { readonly subscription: string } {
    return { subscription: this.#subscribe.subscription }
  }

  async #run(): Promise<void> {
    const { platform, onError } = this.#options
    const { signal } = this.#closing
    while (!signal.aborted) {
      try {
        await this.#visit(signal)
      } catch (error) {
        if (signal.aborted) return
        // A restart of the bus is nothing to tell; only when it lasts.
        if (this.#failures === 3) onError(error)
      }
      this.#failures += 1
      await delay(platform, backoffMs(platform, this.#failures, joiningAgain), signal).catch(() => undefined)
    }
  }

  /** One stream, from its beginning to its end. */
  async #visit(signal: AbortSignal): Promise<void> {
    const acks = new Buffered<Acks>(mergeAcks)
    let epoch = 0
    let revocation = new AbortController()
    const input = { ephemeral: false, ...this.#subscribe }
    try {
      for await (const item of this.#options.invoker.stream(operation('subscribe'), input, { signal }, acks)) {
        // The contract has been checked on the way.
        const batch = item as Batch
        this.#onJoined()
        this.#failures = 0
        if (batch.epoch > epoch) {
          revocation.abort()
          revocation = new AbortController()
          ;({ epoch } = batch)
          acks.push({ epoch, sequences: [] })
        }
        this.#hand(batch, { acks, revoked: revocation.signal })
      }
    } finally {
      revocation.abort()
      acks.end()
    }
  }

  #hand({ epoch, loans }: Batch, { acks, revoked }: { acks: Buffered<Acks>; revoked: AbortSignal }): void {
    for (const { sequence, message, redelivered } of loans) {
      const ack = (): void => {
        if (!revoked.aborted) acks.push({ epoch, sequences: [sequence] })
      }
      this.#deliver({ message, redelivered, revoked, ack })
    }
  }
}

function mergeAcks(waiting: Acks, next: Acks): Acks {
  if (waiting.epoch < next.epoch) return next
  waiting.sequences.push(...next.sequences)
  return waiting
}

// oxlint-disable-next-line no-restricted-imports -- W2: the driver's own turn of the loop is waited for, not time
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'

import type { Channel, Envelope } from 'rabbitmq-client'

/** A message that must be stored, or else come back: both properties are what makes the server say so. */
export interface Outgoing {
  readonly envelope: Envelope & { readonly durable: true; readonly mandatory: true }
  readonly body: Buffer
}

/**
 * A channel that tells what was stored. RabbitMQ confirms a message that no queue took like any other, but returns it first;
 * so a confirm alone says nothing.
 *
 * - W1: the server sends `basic.return` before the `basic.ack` of the same message, and on one channel no frame of one
 *   comes between those of the other.
 * - W2: the driver (rabbitmq-client 5.0) handles frames in that order, but while it settles a confirm at once, it emits
 *   `basic.return` in an immediate. Node runs immediates in the order in which they were set. One that is set after a
 *   confirm was seen therefore runs after every return that came before it: by then, what was not stored is known.
 * - W3: a message that came back ends the channel: what was sent on it later must not be stored before what is sent again.
 */
export class ConfirmedChannel {
  readonly channel: Channel
  #returned: Error | undefined

  private constructor(channel: Channel, onReturned: (routingKey: string) => void) {
    this.channel = channel
    channel.on('basic.return', ({ routingKey }) => {
      onReturned(routingKey)
      this.#returned ??= new Error(`no queue took a message for '${routingKey}'`)
      void channel.close()
    })
  }

  /** Calls back for each message that came back. */
  static async open(channel: Channel, onReturned = (_routingKey: string): void => {}): Promise<ConfirmedChannel> {
    const confirmed = new ConfirmedChannel(channel, onReturned)
    await channel.confirmSelect()
    return confirmed
  }

  get active(): boolean {
    return this.channel.active
  }

  /**
   * Writes the messages before it returns, and resolves once all of them are stored. Rejects when one is not: returned,
   * refused, or the channel was closed. Waits as long as the server is silent.
   */
  async publish(messages: readonly Outgoing[]): Promise<void> {
    try {
      await Promise.all(messages.map(({ envelope, body }) => this.channel.basicPublish(envelope, body)))
    } catch (error) {
      throw this.#returned ?? error
    }
    await turnOfTheLoop()
    if (this.#returned !== undefined) throw this.#returned
  }
}

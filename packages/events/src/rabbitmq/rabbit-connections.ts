import { type Channel, Connection, type ConnectionOptions } from 'rabbitmq-client'

/**
 * The channels of one process, on as many connections as they need: RabbitMQ allows a connection 2047 unless told
 * otherwise. Each connection comes back by itself when it is lost.
 */
export class RabbitConnections {
  readonly #options: ConnectionOptions
  readonly #connections: Connection[] = []
  readonly #blocked = new Map<Connection, string>()

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /** Resolves when the server answers; rejects when it does not in time, or refuses. */
  async connect(timeoutMs: number): Promise<void> {
    await this.#number(0).onConnect(timeoutMs, true)
  }

  get ready(): boolean {
    return this.#number(0).ready
  }

  /** Why the server takes no messages now (memory or disk is short); undefined while it does. */
  get blocked(): string | undefined {
    const [reason] = this.#blocked.values()
    return reason
  }

  /** Opens a channel, where there is room for one. */
  async acquire(): Promise<Channel> {
    for (let number = 0; ; number += 1) {
      try {
        return await this.#number(number).acquire()
      } catch (error) {
        if (!isFull(error)) throw error
      }
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.unsafeDestroy()
  }

  #number(number: number): Connection {
    return (this.#connections[number] ??= this.#open())
  }

  #open(): Connection {
    const connection = new Connection(this.#options)
    // Every failure also reaches whoever waits for something; without a listener Node would end the process.
    connection.on('error', () => undefined)
    connection.on('connection', () => this.#blocked.delete(connection))
    connection.on('connection.blocked', (reason) => this.#blocked.set(connection, reason))
    connection.on('connection.unblocked', () => this.#blocked.delete(connection))
    return connection
  }
}

/** The driver has no other sign of it. */
function isFull(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('maximum number of AMQP Channels')
}

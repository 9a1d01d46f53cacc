import {
  type Backoff,
  backoffMs,
  messageOf,
  type Platform,
  randomId,
  ServiceError,
  type Timer,
  within,
} from '@holon/contract'
import { Client, type ClientConfig } from 'pg'

import type { Signal } from '../events/event-sql.ts'

/** What {@link postgresSignal} needs. */
export interface PostgresSignalOptions {
  readonly service: string
  readonly platform: Platform
  readonly onError: (error: unknown) => void
  readonly client: ClientConfig
  /** Runs a statement on any connection, for processes that signal and do not listen. */
  run(statement: string): Promise<unknown>
}

const channel = 'holon_events'
const reconnecting: Backoff = { firstMs: 100, longestMs: 30_000 }
/** How long a server may take to let go of the connection. */
const goodbyeMs = 1_000

/**
 * NOTIFY in a statement of its own, not in the transactions that append: PostgreSQL lets transactions that notify commit
 * only one after another, each with its own write to disk.
 */
export function postgresSignal(options: PostgresSignalOptions): Signal {
  // Told apart from others' by its name, this process's own signals wake nobody here.
  const name = randomId(options.platform, 9)
  const notify = `select pg_notify('${channel}', '${name}')::text as sent`
  let ear: Ear | undefined
  return {
    async send() {
      const client = ear?.listening
      try {
        await (client ? client.query(notify) : options.run(notify))
      } catch {
        // Lost, as signals may be. A broken connection is reported by who uses it for more.
      }
    },
    listen(heard) {
      const opened = new Ear(options, (sender) => {
        if (sender !== name) heard()
      })
      ear = opened
      return { close: () => opened.close() }
    },
  }
}

/** connecting → listening → (broke) → pausing → connecting …; closed from each of them. */
class Ear {
  readonly #options: PostgresSignalOptions
  readonly #heard: (sender: string | undefined) => void
  #client: Client | undefined
  #pause: Timer | undefined
  #failures = 0
  #closed = false
  /** The connection while it listens. */
  listening: Client | undefined

  constructor(options: PostgresSignalOptions, heard: (sender: string | undefined) => void) {
    this.#options = options
    this.#heard = heard
    void this.#connect()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#pause?.cancel()
    this.listening = undefined
    const client = this.#client
    if (!client) return
    const ended = new Promise<void>((resolve) => client.once('end', resolve))
    void client.end().catch(() => {})
    await within(this.#options.platform, goodbyeMs, ended)
  }

  async #connect(): Promise<void> {
    const client = new Client(this.#options.client)
    this.#client = client
    client.on('error', (error) => this.#broke(client, error))
    client.on('end', () => this.#broke(client, undefined))
    client.on('notification', ({ payload }) => this.#heard(payload))
    try {
      await client.connect()
      await client.query(`listen ${channel}`)
    } catch (error) {
      this.#broke(client, error)
      return
    }
    if (this.#client !== client || this.#closed) return
    this.#failures = 0
    this.listening = client
    this.#heard(undefined) // what was committed while nobody listened
  }

  #broke(client: Client, error: unknown): void {
    if (this.#closed || this.#client !== client) return
    this.#client = undefined
    this.listening = undefined
    void client.end().catch(() => {})
    if (this.#failures === 0) this.#report(error)
    const { platform } = this.#options
    this.#failures += 1
    const pauseMs = backoffMs(platform, this.#failures, reconnecting)
    this.#pause = platform.setTimer(() => void this.#connect(), pauseMs).unref()
  }

  /** Not pg's own error: the whole client, password included, may hang on it. */
  #report(error: unknown): void {
    const reason = error === undefined ? 'it was closed' : messageOf(error)
    const { service, onError } = this.#options
    onError(
      new ServiceError(
        'unavailable',
        `The connection on which service "${service}" hears of events that its other instances publish broke (${reason}). ` +
          'It is made again; until then they are found within 30 s.',
      ),
    )
  }
}

import type { Observer, Platform } from '@holon/contract'
import { delay } from '@holon/contract/platform'

import { backoffMs } from './backoff.ts'
import type { Guardian } from './guardian.ts'
import { type Exit, formatExit } from './launch.ts'

/** The database server that gives each service a database and a role of its own; see `startEmbeddedPostgres`. */
export interface DatabaseServer {
  readonly pid: number
  /** Resolves when it has ended, whoever ended it. */
  readonly exited: Promise<Exit>
  /** Connection URL for this service alone. Repeatable. */
  provision(service: string): Promise<string>
  close(): Promise<void>
}

export interface KeptDatabaseOptions {
  readonly platform: Platform
  readonly observer: Observer
  readonly guardian: Guardian
  /** Starts the server. Called when the first service needs it, and again when it died. */
  readonly start: (signal: AbortSignal) => Promise<DatabaseServer>
}

/** The embedded database server: started when first needed, started again when it dies. */
export class KeptDatabase {
  readonly #options: KeptDatabaseOptions
  readonly #closing = new AbortController()
  #server: Promise<DatabaseServer> | undefined
  #pid: number | undefined

  constructor(options: KeptDatabaseOptions) {
    this.#options = options
  }

  /** Undefined while none runs. */
  get pid(): number | undefined {
    return this.#pid
  }

  async provision(service: string): Promise<string> {
    if (this.#closing.signal.aborted) throw new Error('The embedded database is stopping.')
    const server = await (this.#server ??= this.#start())
    return server.provision(service)
  }

  /** Stops the server, if one runs. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('The supervisor stops.'))
    const server = await this.#server?.catch(() => undefined)
    await server?.close()
  }

  async #start(): Promise<DatabaseServer> {
    const { observer, guardian, start } = this.#options
    const subject = 'postgres'
    observer.observe({ kind: 'lifecycle', subject, state: 'starting', detail: undefined })
    try {
      const server = await start(this.#closing.signal)
      const released = guardian.watch({ target: server.pid, signal: 'SIGINT', stage: 'database' })
      this.#pid = server.pid
      observer.observe({ kind: 'lifecycle', subject, state: 'ready', detail: `pid ${server.pid}` })
      void server.exited.then(async (exit) => {
        released()
        this.#pid = undefined
        await this.#onExit(exit)
      })
      return server
    } catch (error) {
      // The next request may try again.
      this.#server = undefined
      throw error
    }
  }

  async #onExit(exit: Exit): Promise<void> {
    const { observer, platform } = this.#options
    for (let attempt = 1; !this.#closing.signal.aborted; attempt += 1) {
      observer.observe({ kind: 'lifecycle', subject: 'postgres', state: 'failed', detail: formatExit(exit) })
      const waited = delay(platform, backoffMs(attempt, platform), this.#closing.signal)
      if (!(await waited.then(yes, no))) return
      this.#server = this.#start()
      if (await this.#server.then(yes, (error: unknown) => this.#fault(error))) return
    }
  }

  #fault(error: unknown): false {
    this.#options.observer.observe({ kind: 'fault', subject: 'postgres', error })
    return false
  }
}

const yes = (): true => true
const no = (): false => false

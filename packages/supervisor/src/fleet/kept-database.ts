import type { Provider } from '@holon/app/provider'
import type { Observer, Platform } from '@holon/contract'
import { backoffMs, delay } from '@holon/contract/platform'

import type { Guardian } from '../process/guardian.ts'
import { type Exit, formatExit } from '../process/launch.ts'
import { startingAgain } from '../process/starting-again.ts'

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
export class KeptDatabase implements Provider {
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

  async provide(service: string, kind: string): Promise<string | undefined> {
    if (kind !== 'postgres') return undefined
    if (this.#closing.signal.aborted) throw new Error('The embedded database is stopping.')
    const server = await (this.#server ??= this.#startFirst())
    return server.provision(service)
  }

  /** Stops the server, if one runs. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('The supervisor stops.'))
    const server = await this.#server?.catch(() => undefined)
    await server?.close()
  }

  async #startFirst(): Promise<DatabaseServer> {
    try {
      return await this.#start()
    } catch (error) {
      // The next request may try again.
      this.#server = undefined
      throw error
    }
  }

  async #start(): Promise<DatabaseServer> {
    const { observer, guardian, start } = this.#options
    const subject = 'postgres'
    observer.observe({ kind: 'lifecycle', subject, state: 'starting', detail: undefined })
    const server = await start(this.#closing.signal)
    const released = guardian.watch({ target: server.pid, signal: 'SIGINT', stage: 'database' })
    this.#pid = server.pid
    observer.observe({ kind: 'lifecycle', subject, state: 'ready', detail: `pid ${server.pid}` })
    void server.exited.then((exit) => {
      released()
      this.#pid = undefined
      if (this.#closing.signal.aborted) return
      // Whoever asks meanwhile waits for the new one.
      this.#server = this.#startAgain(server, exit)
      this.#server.catch(() => undefined)
    })
    return server
  }

  /** Rejects only when it is closed meanwhile. */
  async #startAgain(dead: DatabaseServer, exit: Exit): Promise<DatabaseServer> {
    const { observer, platform } = this.#options
    observer.observe({ kind: 'lifecycle', subject: 'postgres', state: 'failed', detail: formatExit(exit) })
    // What it holds besides its process, above all its claim on the folder.
    await dead.close().catch((error: unknown) => this.#fault(error))
    for (let failures = 1; ; failures += 1) {
      await delay(platform, backoffMs(platform, failures, startingAgain), this.#closing.signal)
      try {
        return await this.#start()
      } catch (error) {
        this.#fault(error)
      }
    }
  }

  #fault(error: unknown): void {
    this.#options.observer.observe({ kind: 'fault', subject: 'postgres', error })
  }
}

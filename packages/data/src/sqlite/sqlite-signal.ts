import { closeSync, type FSWatcher, openSync, watch } from 'node:fs'
import { writeFile } from 'node:fs/promises'

import { type Platform, ServiceError, type Timer } from '@holon/contract'

import type { Signal } from '../events/event-sql.ts'

/** What {@link sqliteSignal} needs. */
export interface SqliteSignalOptions {
  readonly service: string
  readonly platform: Platform
  readonly onError: (error: unknown) => void
  /** The database's file. */
  readonly file: string
}

const retryMs = 1_000

/**
 * An empty-handed file beside the database, which processes write to after they have committed and watch otherwise. Watching
 * costs nothing while nothing happens, and unlike the database's own files it changes for no other reason.
 */
export function sqliteSignal(options: SqliteSignalOptions): Signal {
  const file = `${options.file}-events`
  return {
    async send() {
      try {
        await writeFile(file, '.')
      } catch {
        // Lost, as signals may be: the others look once in a while.
      }
    },
    listen(heard) {
      const ear = new Ear({ ...options, file }, heard)
      return { close: async () => ear.close() }
    },
  }
}

class Ear {
  readonly #options: SqliteSignalOptions
  readonly #heard: () => void
  #watcher: FSWatcher | undefined
  /** Until it begins, or begins again, to watch. */
  #pause: Timer | undefined
  #reported = false
  #closed = false

  constructor(options: SqliteSignalOptions, heard: () => void) {
    this.#options = options
    this.#heard = heard
    this.#watchIn(0)
  }

  close(): void {
    this.#closed = true
    this.#pause?.cancel()
    this.#watcher?.close()
  }

  #watch(): void {
    const { file } = this.#options
    try {
      closeSync(openSync(file, 'a', 0o600)) // what does not exist cannot be watched
      this.#watcher = watch(file, { persistent: false }, (event) => {
        this.#heard()
        if (event === 'rename') this.#again() // removed, or replaced by another file
      })
      this.#watcher.on('error', (error) => this.#failed(error))
      this.#heard()
    } catch (error) {
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    if (!this.#reported) this.#report(error)
    this.#again()
  }

  #again(): void {
    this.#watcher?.close()
    this.#pause?.cancel()
    if (!this.#closed) this.#watchIn(retryMs)
  }

  #watchIn(delayMs: number): void {
    this.#pause = this.#options.platform.setTimer(() => this.#watch(), delayMs).unref()
  }

  #report(cause: unknown): void {
    this.#reported = true
    const { service, onError } = this.#options
    onError(
      new ServiceError(
        'unavailable',
        `The service "${service}" cannot watch for events that its other processes publish; they are found within 30 s.`,
        { cause },
      ),
    )
  }
}

import { DatabaseSync } from 'node:sqlite'

import { type Backoff, backoffMs, delay, type Platform, within } from '@holon/contract'

import { Semaphore } from '../semaphore.ts'
import { lockTimeout, noFreeConnection, storeClosed } from '../store-errors.ts'
import { storeFailure } from '../store-failures.ts'
import { StoreHealth } from '../store-health.ts'
import { type Contend, type Outcomes, SqliteConnection } from './sqlite-connection.ts'
import { describeFailure, sqliteFailure } from './sqlite-failure.ts'

/** The bounds of {@link SqliteConnections}. */
export interface SqliteConnectionsOptions {
  readonly service: string
  readonly file: string
  readonly platform: Platform
  readonly maxConnections: number
  readonly synchronous: 'full' | 'normal'
  readonly lockTimeoutMs: number
  readonly acquireTimeoutMs: number
  readonly closeTimeoutMs: number
}

/** Waits between tries for a lock that another process holds; the last one repeats. */
const retrying: Backoff = { firstMs: 1, longestMs: 25 }

/**
 * The connections of one store to its file, opened when needed.
 *
 * Sqlite lets many read and one write. Its own way of waiting (`busy_timeout`) sleeps in the calling thread, which here
 * would stop the very transaction that it waits for. So it is off; writers of this process queue for `#writer`, and
 * against other processes a statement that found the file locked is tried again after a timer.
 */
export class SqliteConnections {
  readonly health: StoreHealth
  readonly #options: SqliteConnectionsOptions
  readonly #outcomes: Outcomes
  readonly #slots: Semaphore
  readonly #writer: Semaphore
  readonly #idle: SqliteConnection[] = []
  readonly #releases: Map<SqliteConnection, () => void> = new Map()
  #onIdle: (() => void) | undefined
  #closed = false

  constructor(options: SqliteConnectionsOptions) {
    this.#options = options
    this.health = new StoreHealth(options.platform)
    this.#outcomes = outcomesOf(options.service, this.health)
    this.#slots = new Semaphore(options.platform, options.maxConnections)
    this.#writer = new Semaphore(options.platform, 1)
  }

  async acquire(signal?: AbortSignal): Promise<SqliteConnection> {
    const { service, acquireTimeoutMs } = this.#options
    const timeoutError = (): Error => noFreeConnection(service, acquireTimeoutMs)
    const release = await this.#slots.acquire({ timeoutMs: acquireTimeoutMs, timeoutError, signal })
    try {
      const connection = this.#idle.pop() ?? (await this.#open(signal))
      if (this.#closed) {
        connection.close()
        throw storeClosed(service)
      }
      this.#releases.set(connection, release)
      return connection
    } catch (error) {
      release()
      throw error
    }
  }

  release(connection: SqliteConnection): void {
    const release = this.#releases.get(connection)
    if (!release) return // closed by force meanwhile
    this.#releases.delete(connection)
    if (this.#closed) connection.close()
    else this.#idle.push(connection)
    release()
    if (this.#releases.size === 0) this.#onIdle?.()
  }

  /** Waits for the turn to write among the callers in this process. */
  enterWriter(signal?: AbortSignal): Promise<() => void> {
    const { service, lockTimeoutMs } = this.#options
    return this.#writer.acquire({
      timeoutMs: lockTimeoutMs,
      timeoutError: () => lockTimeout(service, lockTimeoutMs),
      signal,
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    const closed = storeClosed(this.#options.service)
    this.#slots.close(closed)
    this.#writer.close(closed)
    for (const connection of this.#idle.splice(0)) connection.close()
    if (this.#releases.size > 0) await this.#drained()
    for (const connection of this.#releases.keys()) connection.close() // sqlite rolls back what is open
    this.#releases.clear()
  }

  async #drained(): Promise<void> {
    const idle = new Promise<void>((resolve) => (this.#onIdle = resolve))
    await within(this.#options.platform, this.#options.closeTimeoutMs, idle)
  }

  async #open(signal?: AbortSignal): Promise<SqliteConnection> {
    const { file, synchronous } = this.#options
    let database: DatabaseSync | undefined
    try {
      const opened = new DatabaseSync(file, { timeout: 0, enableForeignKeyConstraints: true })
      database = opened
      await retryWhileLocked(this.#options, () => opened.exec('pragma journal_mode = wal'), signal)
      opened.exec(`pragma synchronous = ${synchronous}`)
      return new SqliteConnection(opened, this.#contend, this.#outcomes)
    } catch (error) {
      database?.close()
      throw this.#outcomes.explain(error, false)
    }
  }

  /** The first try costs nothing extra. Only who finds the file locked queues behind this process's writers. */
  readonly #contend: Contend = async (attempt, holdsTurn) => {
    try {
      return attempt()
    } catch (error) {
      if (!isLocked(error)) throw error
    }
    const leave = holdsTurn ? undefined : await this.enterWriter()
    try {
      return await retryWhileLocked(this.#options, attempt)
    } finally {
      leave?.()
    }
  }
}

function outcomesOf(service: string, health: StoreHealth): Outcomes {
  return {
    explain(error, readOnly) {
      const kind = sqliteFailure(error)
      // Who has asked for a transaction that only reads has made a mistake when it writes.
      if (kind === undefined || (kind === 'readOnly' && readOnly)) return error
      const failure = storeFailure(service, kind, describeFailure(error))
      health.failed(kind, failure)
      return failure
    },
    changed() {
      if (health.isIll) health.changed()
    },
  }
}

async function retryWhileLocked<T>(
  { platform, service, lockTimeoutMs }: SqliteConnectionsOptions,
  attempt: () => T,
  signal?: AbortSignal,
): Promise<T> {
  const giveUpAt = platform.monotonicMs() + lockTimeoutMs
  for (let failures = 1; ; failures += 1) {
    try {
      return attempt()
    } catch (error) {
      if (!isLocked(error)) throw error
      if (platform.monotonicMs() >= giveUpAt) throw lockTimeout(service, lockTimeoutMs, error)
      await delay(platform, backoffMs(platform, failures, retrying), signal)
    }
  }
}

/** SQLITE_BUSY and its extended codes, and SQLITE_LOCKED. */
function isLocked(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return false
  const primary = error.errcode & 0xff
  return primary === 5 || primary === 6
}

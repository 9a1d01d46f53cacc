import { close, fdatasync, fsync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'

import { type Platform, ServiceError } from '@holon/contract'

import type { BusMessage } from '../bus.ts'
import { busClosed } from '../unavailable.ts'
import { LogTables } from './log-tables.ts'
import { LogTail } from './log-tail.ts'
import type { LoggedMessage, MessageLog, SubscriptionState } from './message-log.ts'

export interface SqliteLogOptions {
  readonly file: string
  readonly platform: Platform
  /** Told once when the log can no longer be written; everything rejects from then on. */
  readonly onBroken: (error: unknown) => void
  /** Writes what the system holds of an open file to the disk. Default: fdatasync. Tests let it fail. */
  readonly sync?: (file: number) => Promise<void>
}

/** SQLITE_FULL */
const sqliteFull = 13

interface Append {
  readonly messages: readonly BusMessage[]
  resolve(): void
  reject(error: unknown): void
}

const syncFile = promisify(fdatasync)
const syncFolder = promisify(fsync)
const closeFile = promisify(close)

/** A checkpoint writes the whole write-ahead log into the database, and the process waits for it. */
const checkpointBytes = 32 * 1024 * 1024

/**
 * A durable log in one sqlite file.
 *
 * - L1: `append` resolves only after the rows were committed *and* fdatasync of the write-ahead log has returned. Sqlite
 *   itself runs with `synchronous = normal`: it does not sync at commit, which would stop this process for
 *   milliseconds each time. The sync is ours, in the thread pool, for all commits since the one before (group commit).
 * - L2: rows after `head` are not read: a message is delivered only when it is durable.
 * - L3: a failed sync leaves unknown what is on the disk; the log then refuses everything, until it is opened again. Opening
 *   checks every frame of the write-ahead log and moves what is whole into the database, so nothing comes to lie
 *   behind a hole.
 * - L4: one process at a time has the file open (`locking_mode = exclusive`); a second one is refused. The kernel
 *   gives the lock back when the process dies.
 * - L5: numbers are never used twice, also when all messages were trimmed: the last one always stays.
 */
export class SqliteLog implements MessageLog {
  readonly wasClosed: boolean
  readonly #options: SqliteLogOptions
  readonly #database: DatabaseSync
  readonly #tables: LogTables
  readonly #tail: LogTail
  readonly #walFile: number
  #head: number
  #last: number
  #waiting: Append[] = []
  #flushing: Promise<void> | undefined
  #broken: ServiceError | undefined
  #closed = false

  constructor(options: SqliteLogOptions) {
    this.#options = options
    const { file } = options
    this.#database = openDatabase(file)
    try {
      this.#tables = new LogTables(this.#database)
      this.wasClosed = this.#tables.takeMark()
      this.#walFile = openSync(`${file}-wal`, 'r+')
    } catch (error) {
      this.#database.close()
      throw error
    }
    this.#last = this.#tables.lastSequence()
    this.#head = this.#last
    this.#tail = new LogTail(this.#head)
  }

  get head(): number {
    return this.#head
  }

  append(messages: readonly BusMessage[]): Promise<void> {
    if (messages.length === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal()
      if (refusal) return reject(refusal)
      this.#waiting.push({ messages, resolve, reject })
      this.#flushing ??= this.#flush()
    })
  }

  read(topics: readonly string[], after: number, limit: number): readonly LoggedMessage[] {
    if (this.#tail.covers(after)) return this.#tail.read({ topics, after, until: this.#head, limit })
    return this.#tables.read({ topics, after, until: this.#head, limit })
  }

  pick(sequences: readonly number[]): readonly LoggedMessage[] {
    return this.#tables.pick(sequences)
  }

  count(topics: readonly string[], after: number): number {
    return after >= this.#head ? 0 : this.#tables.count(topics, { after, until: this.#head })
  }

  placeBefore(timeMs: number): number {
    return this.#tables.placeBefore(timeMs) ?? this.#head
  }

  subscriptions(): readonly SubscriptionState[] {
    return this.#tables.subscriptions()
  }

  save(states: readonly SubscriptionState[]): void {
    if (!this.#refusal()) this.#written(() => this.#tables.save(states))
  }

  async sync(): Promise<void> {
    // Both sides of whatever sync runs now: it may have begun before the last save.
    await this.#flushing
    await this.#syncWal()
  }

  forget(subscription: string): void {
    if (!this.#refusal()) this.#tables.forget(subscription)
  }

  trim(keepFrom: number, beforeMs: number): number {
    return this.#refusal() ? 0 : this.#tables.trim(Math.min(keepFrom, this.#head), beforeMs)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#flushing
    if (!this.#broken) this.#tables.mark()
    // Sqlite first: its own close writes the log into the database and syncs that.
    this.#database.close()
    await closeFile(this.#walFile)
  }

  async #flush(): Promise<void> {
    // One turn of the event loop, so that what is published together is written together.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      await this.#write(group)
    }
    this.#flushing = undefined
  }

  async #write(group: readonly Append[]): Promise<void> {
    let logged: readonly LoggedMessage[]
    try {
      if (this.#broken) throw this.#broken
      const messages = group.flatMap((append) => append.messages)
      logged = this.#written(() => this.#tables.insert(messages, this.#last))
    } catch (error) {
      for (const each of group) each.reject(error)
      return
    }
    this.#last += logged.length
    try {
      await this.#syncWal()
    } catch (error) {
      for (const each of group) each.reject(error)
      return
    }
    this.#tail.push(logged)
    this.#head = this.#last
    for (const each of group) each.resolve()
    if (this.#waiting.length === 0) this.#checkpoint()
  }

  /** What sqlite refuses is rolled back entirely, so it may be tried again. */
  #written<T>(write: () => T): T {
    try {
      return write()
    } catch (error) {
      const full = error instanceof Error && 'errcode' in error && error.errcode === sqliteFull
      throw new ServiceError(
        full ? 'resource_exhausted' : 'unavailable',
        full ? 'The disk of the bus is full.' : 'The log of the bus took nothing.',
        { cause: error, mayHaveRun: false },
      )
    }
  }

  async #syncWal(): Promise<void> {
    const { sync = syncFile } = this.#options
    if (this.#broken) throw this.#broken
    try {
      await sync(this.#walFile)
    } catch (error) {
      this.#broken = new ServiceError('unavailable', `The log ${this.#options.file} cannot be written to the disk.`, {
        cause: error,
      })
      this.#options.onBroken(error)
      throw this.#broken
    }
  }

  /** Sqlite checkpoints by itself when the log is twice as long; between two groups it costs nobody anything. */
  #checkpoint(): void {
    if (statSync(`${this.#options.file}-wal`).size < checkpointBytes) return
    this.#database.exec('pragma wal_checkpoint(truncate)')
  }

  #refusal(): ServiceError | undefined {
    if (this.#closed) return busClosed()
    return this.#broken
  }
}

/** Opens a log, makes the file if it is missing, and makes sure that the file itself survives a power failure. */
export async function openSqliteLog(options: SqliteLogOptions): Promise<SqliteLog> {
  const log = new SqliteLog(options)
  const folder = openSync(dirname(options.file), 'r')
  try {
    await syncFolder(folder)
  } finally {
    await closeFile(folder)
  }
  return log
}

function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  try {
    database.exec('pragma busy_timeout = 2000')
    database.exec('pragma locking_mode = exclusive')
    database.exec('pragma journal_mode = wal')
    database.exec('pragma synchronous = normal')
    database.exec(`pragma wal_autocheckpoint = ${(2 * checkpointBytes) / 4096}`)
    // Takes the lock now, and makes the write-ahead log.
    database.exec('begin immediate; commit')
    // After a failed sync parts of the write-ahead log may be missing on the disk; nothing may be appended behind those.
    database.exec('pragma wal_checkpoint(truncate)')
    return database
  } catch (error) {
    database.close()
    const busy = error instanceof Error && /locked|busy/.test(error.message)
    throw busy ? new Error(`The bus's file ${file} is open in another process.`, { cause: error }) : error
  }
}

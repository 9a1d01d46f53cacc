import { DefinitionError, isServiceError, messageOf, type Platform, ServiceError } from '@holon/contract'
import { type Kysely, type QueryExecutorProvider, sql, type Transaction } from 'kysely'

import { type AppliedMigration, checkHistory } from './check-history.ts'
import { placeOf } from './place-of-mistake.ts'
import type { Migration, MigrationStep } from './read-migrations.ts'

/** What differs between the engines. */
export interface MigrationEngine {
  /** Called first in a transaction: makes all other migrating processes wait until it ends. */
  readonly lock: (tx: QueryExecutorProvider) => Promise<void>
  /** Runs a text of several statements. Rejects if it has ended the transaction. */
  runScript(tx: QueryExecutorProvider, script: string): Promise<void>
}

/** The table in which the history is kept. */
export interface MigrationTables {
  readonly holon_migrations: AppliedMigration & { readonly applied_at: string }
}

/** The input of {@link migrate}. */
export interface MigrateOptions {
  readonly service: string
  readonly platform: Platform
  readonly kysely: Kysely<MigrationTables>
  readonly engine: MigrationEngine
  readonly migrations: readonly Migration[]
  readonly signal?: AbortSignal | undefined
}

/**
 * Brings the database up to date, one transaction for each migration. Each of them takes the lock and reads the history
 * anew, so any number of processes may start at once: whoever comes second finds the work done.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  let pending = true
  while (pending) {
    options.signal?.throwIfAborted()
    pending = await options.kysely.transaction().execute((tx) => applyNext(tx, options))
  }
}

/** Resolves to whether there may be more to do. */
async function applyNext(tx: Transaction<MigrationTables>, options: MigrateOptions): Promise<boolean> {
  const { engine, migrations } = options
  await engine.lock(tx)
  await sql`create table if not exists holon_migrations (name text primary key, checksum text not null, applied_at text not null)`.execute(
    tx,
  )
  const applied = await tx.selectFrom('holon_migrations').select(['name', 'checksum']).execute()
  const history = checkHistory(applied, migrations)
  if (!history.fits) throw refusal(options.service, history.mistakes)
  const [next] = history.pending
  if (!next) return false
  await applyStep(tx, next, options)
  const applied_at = new Date(options.platform.now()).toISOString()
  await tx.insertInto('holon_migrations').values({ name: next.name, checksum: next.checksum, applied_at }).execute()
  return history.pending.length > 1
}

async function applyStep(
  tx: Transaction<MigrationTables>,
  { name, path, step }: Migration,
  { engine, service }: MigrateOptions,
): Promise<void> {
  try {
    if (step.language === 'sql') await engine.runScript(tx, step.script)
    else await step.up(tx)
  } catch (cause) {
    const migration = `The migration ${name} of service "${service}"`
    if (isMistake(cause, step)) {
      const place = step.language === 'sql' ? placeOf(cause, path, step.script) : `${path}: ${messageOf(cause)}`
      throw new DefinitionError(`${migration}, which failed and was rolled back,`, [place])
    }
    const code = isServiceError(cause) ? cause.code : 'failed_precondition'
    throw new ServiceError(code, `${migration} failed and was rolled back: ${messageOf(cause)}`, { cause })
  }
}

/**
 * Whether trying again would end the same way. What the database is to blame for, or what else happens there, the stores
 * have explained; of what code throws, the database's own refusals are certain not to pass.
 */
function isMistake(error: unknown, { language }: MigrationStep): error is Error {
  if (!(error instanceof Error) || isServiceError(error)) return false
  const isRefusal = 'severity' in error || ('code' in error && error.code === 'ERR_SQLITE_ERROR')
  return language === 'sql' || isRefusal
}

function refusal(service: string, mistakes: readonly string[]): DefinitionError {
  return new DefinitionError(`The history of migrations in the database of service "${service}"`, mistakes)
}

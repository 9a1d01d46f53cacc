import { type EventSql, insertOnce } from './event-sql.ts'
import { integer, optionalInteger, text } from './read-row.ts'

/** Something that is to happen at certain times, once over all processes. */
export interface Schedule {
  readonly name: string
  /** What the times follow from, such as `cron 0 3 * * *`. */
  readonly definition: string
  readonly dueMs: number
}

export interface StoredSchedule extends Schedule {
  readonly lastRunMs: number | undefined
}

export interface ScheduleTable<X> {
  /** Adds the schedule if it is new. If its definition has changed, the new time replaces the old one. */
  ensure(schedule: Schedule): Promise<void>
  list(): Promise<StoredSchedule[]>
  /**
   * Moves the schedule from one time to the next, in the transaction of what it makes happen: `true` for exactly one of
   * all that commit. Waits for the end of another transaction that does the same.
   */
  advance(tx: X, step: { readonly name: string; readonly fromMs: number; readonly toMs: number }): Promise<boolean>
  remove(name: string): Promise<void>
}

export function createSchedules<X>(sql: EventSql<X>): ScheduleTable<X> {
  const { dialect, platform } = sql
  const run: typeof sql.run = (tx, statement, parameters) => sql.run(tx, dialect.text(statement), parameters)
  return {
    async ensure({ name, definition, dueMs }) {
      const added = await insertOnce(sql, undefined, {
        sql: 'insert into holon_schedules (name, definition, due_at) values (?, ?, ?)',
        parameters: [name, definition, dueMs],
      })
      if (added) return
      const change = 'update holon_schedules set definition = ?, due_at = ? where name = ? and definition <> ?'
      await run(undefined, change, [definition, dueMs, name, definition])
    },
    async list() {
      const { rows } = await run(
        undefined,
        'select name, definition, due_at, last_run_at from holon_schedules order by name',
        [],
      )
      return rows.map((row) => ({
        name: text(row, 'name'),
        definition: text(row, 'definition'),
        dueMs: integer(row, 'due_at'),
        lastRunMs: optionalInteger(row, 'last_run_at'),
      }))
    },
    async advance(tx, { name, fromMs, toMs }) {
      const { affected } = await run(
        tx,
        'update holon_schedules set due_at = ?, last_run_at = ? where name = ? and due_at = ?',
        [toMs, platform.now(), name, fromMs],
      )
      return affected === 1
    },
    async remove(name) {
      await run(undefined, 'delete from holon_schedules where name = ?', [name])
    },
  }
}

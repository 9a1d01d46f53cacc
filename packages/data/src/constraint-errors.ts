import { fieldOf, isServiceError } from '@holon/contract'

// sqlite.org/rescode.html: extended result codes of SQLITE_CONSTRAINT and SQLITE_BUSY.
const sqliteUnique = new Set([1555, 2067, 2579])
const sqliteForeignKey = new Set([787])
const sqliteNotNull = new Set([1299])
const sqliteCheck = new Set([275])
const sqliteBusy = 5
const sqliteBusySnapshot = 517

/**
 * Whether the database refused a row because its key exists already.
 *
 * @param constraint Postgres: the name of the constraint, such as `orders_pkey`. Sqlite knows no names and reports
 * columns: `orders.id`, or `orders.shop, orders.number`. Either form is compared with what the database reported.
 *
 * @example
 * if (isUniqueViolation(error, 'orders_pkey')) throw new ServiceError('already_exists', 'This order is known.')
 */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const found = postgresCode(error) === '23505' || sqliteUnique.has(sqliteCode(error))
  return found && (constraint === undefined || names(error, constraint))
}

/** Whether a row refers to one that does not exist, or is still referred to. Sqlite does not say by which constraint. */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  if (sqliteForeignKey.has(sqliteCode(error))) return constraint === undefined
  return postgresCode(error) === '23503' && (constraint === undefined || names(error, constraint))
}

/** Whether a column that must have a value got none. */
export function isNotNullViolation(error: unknown): boolean {
  return postgresCode(error) === '23502' || sqliteNotNull.has(sqliteCode(error))
}

/** Whether a `check` constraint refused a row. Both engines report its name. */
export function isCheckViolation(error: unknown, constraint?: string): boolean {
  const found = postgresCode(error) === '23514' || sqliteCheck.has(sqliteCode(error))
  return found && (constraint === undefined || names(error, constraint))
}

/**
 * Whether the transaction lost against another one and has been rolled back without effect: a serialization failure or
 * a deadlock. Running the whole transaction again is right, and is the only thing that is.
 */
export function isSerializationFailure(error: unknown): boolean {
  // The stores hand it on as the cause of an error with code `aborted`.
  const cause = isServiceError(error) && error.code === 'aborted' ? error.cause : error
  const state = postgresCode(cause)
  if (state === '40001' || state === '40P01') return true
  const code = sqliteCode(cause)
  return (code === sqliteBusy && cause === error) || code === sqliteBusySnapshot
}

function names(error: unknown, constraint: string): boolean {
  const reported = fieldOf(error, 'constraint')
  if (typeof reported === 'string') return reported === constraint
  const message = fieldOf(error, 'message')
  return typeof message === 'string' && message.endsWith(`constraint failed: ${constraint}`)
}

/** SQLSTATE, if this error came from Postgres. Five characters, which no Node error code has. */
function postgresCode(error: unknown): string | undefined {
  const code = fieldOf(error, 'code')
  return typeof code === 'string' && code.length === 5 ? code : undefined
}

function sqliteCode(error: unknown): number {
  const code = fieldOf(error, 'code') === 'ERR_SQLITE_ERROR' ? fieldOf(error, 'errcode') : undefined
  return typeof code === 'number' ? code : 0
}

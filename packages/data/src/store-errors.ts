import { ServiceError } from '@holon/contract/error'

// Messages name the service and the remedy, and no host, path or SQL: a handler that does not catch them answers with them.

/** The store was closed; nothing was done. */
export function storeClosed(service: string): ServiceError {
  return new ServiceError('unavailable', `The store of service "${service}" is closed.`)
}

/** Every connection stayed in use for as long as a caller may wait for one. */
export function noFreeConnection(service: string, waitedMs: number, cause?: unknown): ServiceError {
  return new ServiceError(
    'unavailable',
    `The store of service "${service}" had no free connection within ${waitedMs} ms. Are all of them in transactions that ` +
      'wait for something else, or that use ctx.store instead of tx? Otherwise raise maxConnections.',
    { cause },
  )
}

/** Another transaction kept the lock that this one needs. */
export function lockTimeout(service: string, waitedMs: number, cause?: unknown): ServiceError {
  return new ServiceError(
    'aborted',
    `The store of service "${service}" was locked by another transaction for ${waitedMs} ms. Sqlite has one writer at a ` +
      'time: keep transactions short, and inside of one use tx, not ctx.store.',
    { cause },
  )
}

/** Told while a store that opens waits for its database. */
export function unreachableYet(
  service: string,
  { reason, timeoutMs }: { readonly reason: string; readonly timeoutMs: number },
): ServiceError {
  const message = `The database of service "${service}" cannot be reached yet (${reason}); it is waited for, ${timeoutMs / 1_000} s at most.`
  return new ServiceError('unavailable', message)
}

/** The database cannot be reached. */
export function unreachable(service: string, cause: unknown): ServiceError {
  return new ServiceError('unavailable', `The database of service "${service}" cannot be reached.`, { cause })
}

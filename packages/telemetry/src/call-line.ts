import { type CallContext, type Code, type ServiceError, toldError, type ToldError } from '@holon/contract'

import type { LogLevel } from './log-level.ts'

/** A line before pino writes it: fields by name, in the order they are written. */
export interface Line {
  readonly level: Exclude<LogLevel, 'silent'>
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

// A bug, lost data or a foreign failure that nobody can name: somebody must look.
const faults: ReadonlySet<Code> = new Set<Code>(['internal', 'unknown', 'data_loss'])
// The system is at or over its limits, or deployed wrongly: worth a look when it repeats.
const strains: ReadonlySet<Code> = new Set<Code>([
  'unavailable',
  'deadline_exceeded',
  'resource_exhausted',
  'unimplemented',
])
// Security-relevant, and rare unless something is wrong.
const refusals: ReadonlySet<Code> = new Set<Code>(['unauthenticated', 'permission_denied'])

/**
 * How loud a settled call is. A declared failure, or wrong input, is the service doing its job; at a level above `debug`
 * a client could fill the disk with it.
 */
function levelOf(error: ServiceError | undefined): Line['level'] {
  if (error === undefined || error.failure !== undefined) return 'debug'
  if (faults.has(error.code)) return 'error'
  if (strains.has(error.code)) return 'warn'
  return refusals.has(error.code) ? 'info' : 'debug'
}

interface SettledCall {
  readonly service: string
  readonly call: CallContext
  readonly durationMs: number
  readonly error: ServiceError | undefined
}

/** The line of a call that a handler of this process has answered. */
export function handledLine(settled: SettledCall, cause: unknown): Line {
  const level = levelOf(settled.error)
  return line(settled, level, level === 'error' ? toldError(cause ?? settled.error) : undefined)
}

/**
 * The line of a call that a service of this process has made. The other side logs what went wrong there, so only
 * failures that can have happened on the way are louder than `debug`.
 */
export function madeLine(settled: SettledCall, remote: boolean): Line {
  const { error } = settled
  const lost =
    error !== undefined && error.failure === undefined && ['unavailable', 'deadline_exceeded'].includes(error.code)
  const made = line(settled, lost ? 'warn' : 'debug', undefined)
  return { ...made, message: `calls ${made.message}`, fields: { ...made.fields, remote } }
}

function line(settled: SettledCall, level: Line['level'], error: ToldError | undefined): Line {
  const { call, durationMs } = settled
  const failed = settled.error
  return {
    level,
    // The message of an `internal` error names only the place; the chain below says what happened.
    message: failed === undefined ? `${call.operation} ok` : `${call.operation} failed: ${failed.message}`,
    fields: {
      service: settled.service,
      traceId: call.trace.traceId,
      spanId: call.trace.spanId,
      operation: call.operation,
      caller: call.caller,
      durationMs: Math.round(durationMs * 1_000) / 1_000,
      ...(failed && { code: failed.code }),
      ...(failed?.failure && { failure: failed.failure.name }),
      ...(error && { error }),
    },
  }
}

import type { FailureContext, FailureKind } from '../store-failures.ts'

// postgresql.org/docs/current/errcodes-appendix.html

/** States that mean something else than their class. */
const states: ReadonlyMap<string, FailureKind | undefined> = new Map([
  ['08P01', undefined], // a message that does not fit the statement: the wrong number of parameters, say
  ['22021', 'unstorable'],
  ['22P05', 'unstorable'], // the same within jsonb
  ['25006', 'readOnly'],
  ['25P03', 'slow'], // idle in a transaction
  ['25P04', 'slow'], // the transaction
  ['40002', undefined], // a constraint
  ['40003', 'lost'],
  ['55P03', 'beaten'],
  ['57014', 'slow'],
  ['XX001', 'damaged'],
  ['XX002', 'damaged'],
])

const classes: ReadonlyMap<string, FailureKind> = new Map([
  ['08', 'lost'],
  ['40', 'beaten'],
  ['53', 'full'],
  ['57', 'lost'],
  ['58', 'broken'],
])

const networkCodes: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
])

/** What pg says itself, without a code; the tests make it say so. */
const lostWords =
  /^(?:Connection terminated|Client has encountered a connection error|Client was closed|Query read timeout)/

/** What kind of failure an error of pg is; undefined: a mistake in the statement, or in what it was given. */
export function postgresFailure(error: unknown): FailureKind | undefined {
  if (!(error instanceof Error)) return undefined
  if (!('code' in error) || typeof error.code !== 'string') return lostWords.test(error.message) ? 'lost' : undefined
  const { code } = error
  if (networkCodes.has(code)) return 'lost'
  if (!isState(error)) return undefined
  // `copy … from stdin` in a script, whose data nobody sends.
  if (code === '57014' && error.message.startsWith('COPY')) return undefined
  return states.has(code) ? states.get(code) : classes.get(code.slice(0, 2))
}

/** With the state alone: the server's message may name paths and values. */
export function describeFailure(error: unknown): FailureContext {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return { cause: error }
  return { cause: error, detail: error.code }
}

/** Errors of the server have a severity; those of Node that have five letters, too, have none. */
function isState(error: Error): boolean {
  return 'severity' in error
}

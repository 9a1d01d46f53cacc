import { type Code, codes, isServerFull, type Issue, type Operation, ServiceError } from '@holon/contract'
import { failureProblemType, problemType } from '@holon/contract/openapi'

/** A problem document (RFC 9457), as the gateway answers it. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** The path of the request. */
  readonly instance: string
  readonly code: Code
  readonly traceId: string
  readonly errors?: readonly { readonly path: Issue['path']; readonly pointer: string; readonly message: string }[]
  /** Name and data of the failure, where the operation itself declares it. */
  readonly failure?: string
  readonly data?: unknown
}

/** A kind of problem: the last part of its `type`, and what is the same for all its occurrences. */
export interface ProblemKind {
  readonly name: string
  readonly title: string
  readonly status: number
  readonly code: Code
}

const titles: Readonly<Record<Code, string>> = {
  cancelled: 'The request was cancelled',
  unknown: 'Unknown error',
  invalid_argument: 'The input is wrong',
  deadline_exceeded: 'It took too long',
  not_found: 'Not found',
  already_exists: 'It exists already',
  permission_denied: 'Not allowed',
  resource_exhausted: 'Too much',
  failed_precondition: 'Not possible in the present state',
  aborted: 'A concurrent change got in the way',
  out_of_range: 'Out of range',
  unimplemented: 'Not supported',
  internal: 'Internal error',
  unavailable: 'Not available right now',
  data_loss: 'Data is lost or damaged',
  unauthenticated: 'Not signed in',
}

/** Names of the kinds that only HTTP knows. */
export type EdgeProblemName =
  | 'method_not_allowed'
  | 'request_timeout'
  | 'precondition_failed'
  | 'body_too_large'
  | 'url_too_long'
  | 'unsupported_media_type'
  | 'range_not_satisfiable'
  | 'expectation_failed'
  | 'headers_too_large'
  | 'http_version_not_supported'
  | 'server_full'

/** The kinds that only HTTP knows; each has a code of the closed set all the same. */
export const edgeProblems: Readonly<Record<EdgeProblemName, Omit<ProblemKind, 'name'>>> = {
  method_not_allowed: { title: 'Method not allowed', status: 405, code: 'unimplemented' },
  request_timeout: { title: 'The request did not arrive in time', status: 408, code: 'deadline_exceeded' },
  precondition_failed: { title: 'The precondition does not hold', status: 412, code: 'failed_precondition' },
  body_too_large: { title: 'The body is too large', status: 413, code: 'invalid_argument' },
  url_too_long: { title: 'The URL is too long', status: 414, code: 'invalid_argument' },
  unsupported_media_type: { title: 'The body is not JSON', status: 415, code: 'invalid_argument' },
  range_not_satisfiable: { title: 'The range is past the end', status: 416, code: 'out_of_range' },
  expectation_failed: { title: 'The expectation cannot be met', status: 417, code: 'invalid_argument' },
  headers_too_large: { title: 'The request head is too large', status: 431, code: 'invalid_argument' },
  http_version_not_supported: { title: 'Another version of HTTP', status: 505, code: 'unimplemented' },
  server_full: { title: 'The server has no room', status: 503, code: 'resource_exhausted' },
}

function mapRecord<K extends string, V, W>(record: Readonly<Record<K, V>>, map: (value: V, key: K) => W): Record<K, W> {
  // The types of `keys` and `fromEntries` forget the names; the records here have no others.
  const keys = Object.keys(record) as K[]
  // As above.
  return Object.fromEntries(keys.map((key) => [key, map(record[key], key)])) as Record<K, W>
}

/** All kinds of problems, by name: one for each code, and those that only HTTP knows. */
export const problemKinds: Readonly<Record<Code | EdgeProblemName, ProblemKind>> = {
  ...mapRecord(titles, (title, code) => ({ name: code, title, status: codes[code].http, code })),
  ...mapRecord(edgeProblems, (kind, name) => ({ name, ...kind })),
}

/** An error of the edge itself, with its kind. Its message is for the client, whatever the status. */
export class EdgeError extends ServiceError {
  readonly kind: ProblemKind

  constructor(name: EdgeProblemName | 'unimplemented', message: string) {
    super(problemKinds[name].code, message, { mayHaveRun: false })
    this.kind = problemKinds[name]
  }
}

/** Where a problem occurred. */
export interface ProblemPlace {
  /** The path of the request, without the query string (which may hold what is not for logs). */
  readonly path: string
  readonly traceId: string
  readonly operation?: Operation | undefined
}

/** What is told of errors that are the server's: their messages are for the log, and may name what is inside. */
const serverDetail = 'The server could not answer this request. If it stays so, quote the trace id.'

/** The document for an error. Only a failure that the operation itself declares shows its name and data. */
export function toProblem(error: ServiceError, { path, traceId, operation }: ProblemPlace): Problem {
  const kind = kindOf(error)
  const shared = { title: kind.title, status: kind.status, instance: path, code: kind.code, traceId }
  const { failure } = error
  if (failure !== undefined && operation !== undefined && isDeclared(failure, operation)) {
    const { data } = failure
    const type = failureProblemType(operation, failure.name)
    return { type, ...shared, detail: error.message, failure: failure.name, ...(data !== undefined && { data }) }
  }
  const isPrivate = (kind.status >= 500 && !(error instanceof EdgeError)) || failure !== undefined
  const detail = isPrivate ? (kind.status >= 500 ? serverDetail : `${kind.title}.`) : error.message
  const { issues } = error
  const errors = issues?.map((issue) => ({ path: issue.path, pointer: toPointer(issue.path), message: issue.message }))
  return { type: problemType(kind.name), ...shared, detail, ...(errors && !isPrivate && { errors }) }
}

function kindOf(error: ServiceError): ProblemKind {
  if (error instanceof EdgeError) return error.kind
  return problemKinds[isServerFull(error) ? 'server_full' : error.code]
}

function isDeclared(failure: NonNullable<ServiceError['failure']>, operation: Operation): boolean {
  return failure.origin === operation.id && Object.hasOwn(operation.definition.errors, failure.name)
}

/** A JSON Pointer (RFC 6901) as a URI fragment, as RFC 9457 shows it. */
function toPointer(path: Issue['path']): string {
  return `#${path.map((key) => `/${encodeURIComponent(String(key).replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')}`
}

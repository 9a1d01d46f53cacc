/**
 * The closed set of error codes: those of gRPC
 * (https://grpc.io/docs/guides/status-codes/), in lower snake case, without `ok`. They survive every hop unchanged.
 *
 * `retryable`: the same call, made again a little later, may succeed. Whether it is *safe* to repeat also depends on
 * whether the handler may have run: see `ServiceError.mayHaveRun`.
 */
export const codes: { readonly [C in Code]: CodeTraits } = {
  /** The caller gave up. */
  cancelled: { number: 1, http: 499, retryable: false },
  /** Nothing better is known. Holon itself never produces it; it exists for foreign systems. */
  unknown: { number: 2, http: 500, retryable: false },
  /** The input is wrong whatever state the service is in. */
  invalid_argument: { number: 3, http: 400, retryable: false },
  /** The deadline passed; the work may or may not have been done. */
  deadline_exceeded: { number: 4, http: 504, retryable: false },
  /** The thing asked for does not exist. */
  not_found: { number: 5, http: 404, retryable: false },
  /** The thing to create exists already. */
  already_exists: { number: 6, http: 409, retryable: false },
  /** The caller is known, but may not do this. */
  permission_denied: { number: 7, http: 403, retryable: false },
  /** A limit or quota is used up; later it may work. */
  resource_exhausted: { number: 8, http: 429, retryable: true },
  /** The state of the service forbids it until somebody changes that state. */
  failed_precondition: { number: 9, http: 409, retryable: false },
  /** A concurrent change got in the way; repeating the whole unit of work may succeed. */
  aborted: { number: 10, http: 409, retryable: true },
  /** Past the valid range, for instance reading beyond the end. */
  out_of_range: { number: 11, http: 400, retryable: false },
  /** The operation is unknown to this service or not supported. */
  unimplemented: { number: 12, http: 501, retryable: false },
  /** A bug: an invariant of the service is broken. */
  internal: { number: 13, http: 500, retryable: false },
  /** The service cannot be reached or is stopping. */
  unavailable: { number: 14, http: 503, retryable: true },
  /** Stored data is lost or damaged. */
  data_loss: { number: 15, http: 500, retryable: false },
  /** Who the caller is could not be established. */
  unauthenticated: { number: 16, http: 401, retryable: false },
}

/** What is fixed for a code: its gRPC number, its HTTP status at the edge, whether repeating may help. */
export interface CodeTraits {
  readonly number: number
  readonly http: number
  readonly retryable: boolean
}

/** One of the 16 error codes. */
export type Code =
  | 'cancelled'
  | 'unknown'
  | 'invalid_argument'
  | 'deadline_exceeded'
  | 'not_found'
  | 'already_exists'
  | 'permission_denied'
  | 'resource_exhausted'
  | 'failed_precondition'
  | 'aborted'
  | 'out_of_range'
  | 'unimplemented'
  | 'internal'
  | 'unavailable'
  | 'data_loss'
  | 'unauthenticated'

/** Whether `value` is one of the 16 codes. */
export function isCode(value: unknown): value is Code {
  return typeof value === 'string' && Object.hasOwn(codes, value)
}

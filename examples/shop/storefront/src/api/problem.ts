/** What a caller can do about a problem. */
export type ProblemKind = 'sign-in' | 'not-found' | 'refused' | 'unavailable'

interface ProblemFields {
  status: number
  title: string
  detail: string
  type?: string
}

/** An answer other than success, read from an RFC 9457 document when there is one. `status` is 0 when no answer came. */
export class Problem extends Error {
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly type: string

  constructor(fields: ProblemFields, options?: ErrorOptions) {
    super(fields.detail, options)
    this.name = 'Problem'
    this.status = fields.status
    this.title = fields.title
    this.detail = fields.detail
    this.type = fields.type ?? 'about:blank'
  }

  get kind(): ProblemKind {
    if (this.status === 401) return 'sign-in'
    if (this.status === 404) return 'not-found'
    // 0: the request never reached the shop. 429 and 5xx: it may work in a moment.
    if (this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500) return 'unavailable'
    return 'refused'
  }
}

const fallbacks: Record<ProblemKind, string> = {
  'sign-in': 'Please sign in to continue.',
  'not-found': 'We could not find what you were looking for.',
  refused: 'The shop could not accept this request.',
  unavailable: 'The shop did not answer in time. Please try again in a moment.',
}

/** Reads the problem that a response reports; never throws, whatever the body is. */
export async function problemFromResponse(response: Response): Promise<Problem> {
  const body = await readObject(response)
  const title = textOf(body['title']) ?? response.statusText
  const type = textOf(body['type'])
  const blank = new Problem({ status: response.status, title, detail: '' })
  const detail = textOf(body['detail']) ?? textOf(body['title']) ?? fallbacks[blank.kind]
  return new Problem({ status: response.status, title, detail, ...(type !== undefined && { type }) })
}

/** The problem of a request that got no answer at all. */
export function problemFromNetwork(cause: unknown): Problem {
  const detail = 'We could not reach the shop. Check your connection and try again.'
  return new Problem({ status: 0, title: 'No connection', detail }, { cause })
}

/** Sees any thrown value as a problem that can be shown. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  return new Problem(
    { status: 0, title: 'Unexpected error', detail: 'Something went wrong on this page.' },
    { cause: error },
  )
}

async function readObject(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await response.json()
    return typeof body === 'object' && body !== null ? { ...body } : {}
  } catch {
    return {}
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

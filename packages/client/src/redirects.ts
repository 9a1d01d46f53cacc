import type { Asked } from './answers.ts'
import type { FetchResponse } from './fetch.ts'
import { HttpError } from './http-error.ts'

/** Where a request went. */
export interface SentTo {
  /** Without a slash at its end; empty: the page's origin. */
  readonly base: string
  /** Below the base, with the query string. */
  readonly target: string
}

/**
 * The error of an answer that sends the request elsewhere, or that came from there; undefined where it is neither. The
 * gateway redirects nothing. Whoever follows turns a POST into a GET, or hands keys and the body to a host that nobody
 * has named.
 */
export function redirectError(response: FetchResponse, sent: SentTo, { request }: Asked): HttpError | undefined {
  const { status, type, redirected, url, headers } = response
  const location = redirected ? url : headers.get('location')
  const isRedirect = type === 'opaqueredirect' || (location && status >= 300 && status < 400)
  if (!redirected && !isRedirect) return undefined
  const to = location ? placeOf(location, sent) : ''
  // Browsers hide both.
  const how = `${status ? ` with ${status}` : ''}${to && ` to ${to}`}`
  const message = `${request} was redirected${how}, which no client may follow: ${remedy(to, sent)}.`
  return new HttpError('unknown', message, { status })
}

/** Without user, query string and fragment, which may hold what is not for logs; empty: it is no page. */
function placeOf(location: string, { base, target }: SentTo): string {
  try {
    const { protocol, host, pathname } = new URL(location, base + target)
    return host && `${protocol}//${host}${pathname}`
  } catch {
    return ''
  }
}

/** Where the same operation is asked for elsewhere, that is where the gateway is. */
function remedy(to: string, { base, target }: SentTo): string {
  const path = target.split('?', 1)[0] ?? ''
  const other = to.slice(0, -path.length)
  const isSame = to === other + path && other !== base
  return `set baseUrl to ${isSame ? `'${other}', if that is your gateway` : 'where the gateway itself answers'}`
}

import helmet from 'helmet'

/** The headers that tell browsers what not to do, by name. */
export type SecurityHeaders = Readonly<Record<string, string>>

type Directives = Readonly<Record<string, readonly string[]>>

/** Strict enough that injected markup can neither run nor send anything; a same-origin app built to files needs no more. */
const appDirectives: Directives = {
  'default-src': ["'self'"],
  'script-src': ["'self'"],
  'script-src-attr': ["'none'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'object-src': ["'none'"],
  'base-uri': ["'self'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
}

/** The reference page sets styles from its script. */
const docsDirectives: Directives = { ...appDirectives, 'style-src': ["'self'", "'unsafe-inline'"] }

/** The headers of every response. */
export function securityHeaders(): SecurityHeaders {
  return record(appDirectives)
}

/** The content security policy of the reference page. */
export function docsPolicy(): string {
  return record(docsDirectives)['content-security-policy'] ?? ''
}

/** How long browsers shall insist on TLS: one year. Sent only behind TLS, as the standard asks. */
export const strictTransportSecurity = 'max-age=31536000; includeSubDomains'

/**
 * What helmet sets, worked out once. Its headers are the same for every request, but it (and its Fastify plugin) builds
 * them anew for each.
 */
function record(directives: Directives): SecurityHeaders {
  const headers: Record<string, string> = {}
  const response = {
    setHeader: (name: string, value: string) => {
      headers[name.toLowerCase()] = value
    },
    removeHeader: () => {},
  }
  // It reads nothing of a request, and calls only these two methods of a response.
  const apply = helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    strictTransportSecurity: false,
    xPoweredBy: false,
    frameguard: { action: 'deny' },
  }) as (request: unknown, response: unknown, next: () => void) => void
  apply({}, response, () => {}) // it throws what is wrong with its options
  return headers
}

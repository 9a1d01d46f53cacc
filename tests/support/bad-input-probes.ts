import { type OpenApi, type OpenApiOperation, resolve, sampleOf, type Schema, typesOf } from './sample-input.ts'

/** A request with something wrong in it, and the statuses that say so. */
export interface Probe {
  /** What is wrong, in words. */
  readonly name: string
  readonly method: string
  /** With the query string. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** Announces a body of this many bytes, and sends only the beginning of it. */
  readonly announcedBytes?: number
  readonly expected: readonly number[]
}

/** One operation of the document. */
export interface ProbedOperation {
  readonly document: OpenApi
  readonly template: string
  readonly method: string
  readonly operation: OpenApiOperation
  /** The headers that a right request has. */
  readonly headers: Readonly<Record<string, string>>
  readonly maxBodyBytes: number
}

const json = 'application/json'
const isWrite = (method: string): boolean => ['POST', 'PUT', 'PATCH'].includes(method)

/** Values of every JSON type, to be sent where another type is asked for. */
const ofType: Readonly<Record<string, unknown>> = {
  string: 'text',
  number: 1.5,
  boolean: true,
  null: null,
  array: [[]],
  object: { unexpected: {} },
}

/** The requests that are wrong for an operation, one thing each. */
export function probesOf(probed: ProbedOperation): readonly Probe[] {
  const right = rightRequest(probed)
  const probes = [...pathProbes(probed, right), ...queryProbes(probed, right), ...tokenProbes(probed, right)]
  return isWrite(probed.method) ? [...probes, ...rawBodyProbes(probed, right), ...bodyProbes(probed, right)] : probes
}

/** A request in which nothing is wrong, as far as the document tells. */
function rightRequest({ document, template, method, operation, headers }: ProbedOperation): Probe {
  const parameters = operation.parameters ?? []
  const path = template.replaceAll(/\{([^}]*)\}/g, (_all, name: string) => {
    const parameter = parameters.find((candidate) => candidate.in === 'path' && candidate.name === name)
    return encodeURIComponent(String(sampleOf(parameter?.schema ?? {}, document)))
  })
  const required = parameters.filter((parameter) => parameter.in === 'query' && parameter.required === true)
  const query = required.map(({ name, schema }) => `${name}=${encodeURIComponent(String(sampleOf(schema, document)))}`)
  const schema = operation.requestBody?.content[json]?.schema
  const body = schema && JSON.stringify(sampleOf(schema, document))
  return {
    name: 'nothing is wrong',
    method,
    path: query.length > 0 ? `${path}?${query.join('&')}` : path,
    headers: { ...headers, ...(body !== undefined && { 'content-type': json }) },
    ...(body !== undefined && { body }),
    expected: [],
  }
}

function pathProbes({ document, template, operation }: ProbedOperation, right: Probe): readonly Probe[] {
  const names = [...template.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name)
  const filled = right.path.split('?')[0]?.split('/') ?? []
  return names.flatMap((name) => {
    const index = template.split('/').indexOf(`{${name}}`)
    const at = (text: string): string => filled.with(index, text).join('/')
    const schema = operation.parameters?.find((parameter) => parameter.name === name)?.schema ?? {}
    const types = typesOf(schema, document)
    const isText = types === undefined || types.has('string')
    return [
      { ...right, name: `NUL in {${name}}`, path: at('a%00b'), expected: [400] },
      { ...right, name: `invalid UTF-8 in {${name}}`, path: at('%ff%fe'), expected: [400] },
      { ...right, name: `half an escape in {${name}}`, path: at('%e'), expected: [400] },
      { ...right, name: `a huge {${name}}`, path: at('7'.repeat(3000)), expected: [414] },
      ...(isText ? [] : [{ ...right, name: `the wrong type in {${name}}`, path: at('no-number'), expected: [400] }]),
    ]
  })
}

function queryProbes({ document, operation }: ProbedOperation, right: Probe): readonly Probe[] {
  const withQuery = (name: string, query: string): Probe => ({
    ...right,
    name,
    path: `${right.path}${right.path.includes('?') ? '&' : '?'}${query}`,
    expected: [400],
  })
  const probes = [
    withQuery('an unknown query parameter', 'unheardOf=1'),
    withQuery('a query parameter that poisons', '__proto__=1'),
    withQuery('NUL in the query', 'unheardOf=%00'),
  ]
  for (const { name, in: place, schema } of operation.parameters ?? []) {
    if (place !== 'query') continue
    const types = typesOf(schema, document)
    probes.push(withQuery(`invalid UTF-8 in ?${name}`, `${name}=%ff`), withQuery(`NUL in ?${name}`, `${name}=%00`))
    if (types !== undefined && !types.has('array')) probes.push(withQuery(`?${name} twice`, `${name}=1&${name}=1`))
    if (types !== undefined && !types.has('string') && !types.has('array'))
      probes.push(
        withQuery(`the wrong type in ?${name}`, `${name}=nonsense`),
        withQuery(`a huge ?${name}`, `${name}=1e999`),
      )
    const { maximum, minimum } = resolve(schema, document)
    if (typeof maximum === 'number') probes.push(withQuery(`?${name} above its maximum`, `${name}=${maximum + 1}`))
    if (typeof minimum === 'number') probes.push(withQuery(`?${name} below its minimum`, `${name}=${minimum - 1}`))
  }
  return probes
}

function tokenProbes({ operation }: ProbedOperation, right: Probe): readonly Probe[] {
  const security = operation.security ?? []
  if (security.length === 0) return []
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  const claims = Buffer.from('{"sub":"root","exp":9999999999}').toString('base64url')
  const { authorization: _token, ...anonymous } = right.headers
  const withToken = (name: string, authorization: string): Probe => ({
    ...right,
    name,
    headers: { ...right.headers, authorization },
    expected: [401],
  })
  const isNeeded = !security.some((requirement) => Object.keys(requirement).length === 0)
  return [
    withToken('a token that is none', 'Bearer nonsense'),
    withToken('a token without a signature', `Bearer ${none}.${claims}.`),
    withToken('another scheme', 'Basic cm9vdDpyb290'),
    ...(isNeeded ? [{ ...right, name: 'no token', headers: anonymous, expected: [401] }] : []),
  ]
}

/** Bodies that are wrong whatever the operation is. */
function rawBodyProbes({ maxBodyBytes }: ProbedOperation, right: Probe): readonly Probe[] {
  const headers = { ...right.headers, 'content-type': json }
  const withBody = (name: string, body: string | Uint8Array<ArrayBuffer>): Probe => ({
    ...right,
    name,
    headers,
    body,
    expected: [400],
  })
  const typed = (type: string): Probe => ({
    ...right,
    name: `a body of type ${type}`,
    headers: { ...headers, 'content-type': type },
    body: right.body ?? '{}',
    expected: [415],
  })
  const malformed = [
    '{',
    '}',
    '{"a":}',
    '{"a":1,}',
    "{'a':1}",
    '{"a":1}{"b":2}',
    '{"a":"',
    'nonsense',
    'NaN',
    '{"a":01}',
    '// no',
  ]
  const nested = 10_000
  return [
    ...malformed.map((text) => withBody(`malformed JSON: ${text}`, text)),
    withBody('invalid UTF-8', new Uint8Array([...Buffer.from('{"a":"'), 0xff, 0xfe, ...Buffer.from('"}')])),
    withBody('a raw NUL', '{"a":"b\0c"}'),
    withBody('an escaped NUL', '{"a":"b\\u0000c"}'),
    withBody('half a surrogate pair', '{"a":"\\ud800"}'),
    withBody('one name twice', '{"a":1,"a":2}'),
    withBody('a number beyond all bounds', '{"a":1e400}'),
    withBody('a number with 400 digits', `{"a":${'9'.repeat(400)}}`),
    withBody('__proto__', '{"__proto__":{"admin":true}}'),
    withBody('lists nested deeply', `{"a":${'['.repeat(nested)}${']'.repeat(nested)}}`),
    withBody('objects nested deeply', `${'{"a":'.repeat(nested)}1${'}'.repeat(nested)}`),
    withBody('nesting that never ends', '['.repeat(nested)),
    ...['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16'].map(
      typed,
    ),
    { ...withBody('a compressed body', '{}'), headers: { ...headers, 'content-encoding': 'gzip' }, expected: [415] },
    { ...withBody('a giant body', '{"a":"'), announcedBytes: maxBodyBytes + 1, expected: [413] },
  ]
}

/** Bodies that are right but for one field. */
function bodyProbes({ document, operation }: ProbedOperation, right: Probe): readonly Probe[] {
  const { requestBody } = operation
  const schema = requestBody?.content[json]?.schema
  if (schema === undefined || typeof right.body !== 'string') return []
  const withBody = (name: string, body: unknown): Probe => ({
    ...right,
    name,
    body: JSON.stringify(body),
    expected: [400],
  })
  const { body: _body, ...bodiless } = right
  const probes: Probe[] = requestBody?.required === true ? [{ ...bodiless, name: 'no body', expected: [400] }] : []
  probes.push(...wrongTypes(schema, document).map(({ what, value }) => withBody(`${what} as the body`, value)))
  const sample: unknown = JSON.parse(right.body)
  if (typeof sample !== 'object' || sample === null || Array.isArray(sample)) return probes
  const object = sample as Record<string, unknown>
  const { properties = {}, required = [] } = resolve(schema, document) as {
    properties?: Record<string, Schema>
    required?: readonly string[]
  }
  for (const name of required) {
    const { [name]: _left, ...rest } = object
    probes.push(withBody(`without '${name}'`, rest))
  }
  const withField = (what: string, name: string, value: unknown): Probe =>
    withBody(`${what} in '${name}'`, { ...object, [name]: value })
  for (const [name, property] of Object.entries(properties))
    probes.push(...wrongValues(property, document).map(({ what, value }) => withField(what, name, value)))
  return probes
}

interface WrongValue {
  readonly what: string
  readonly value: unknown
}

function wrongValues(schema: Schema, document: OpenApi): readonly WrongValue[] {
  const { maximum, minimum, maxLength } = resolve(schema, document)
  return [
    ...wrongTypes(schema, document),
    ...(typeof maximum === 'number' ? [{ what: 'more than the maximum', value: maximum + 1 }] : []),
    ...(typeof minimum === 'number' ? [{ what: 'less than the minimum', value: minimum - 1 }] : []),
    ...(typeof maxLength === 'number' ? [{ what: 'too long a text', value: 'x'.repeat(maxLength + 1) }] : []),
  ]
}

function wrongTypes(schema: Schema, document: OpenApi): readonly WrongValue[] {
  const types = typesOf(schema, document)
  if (types === undefined) return []
  return Object.entries(ofType)
    .filter(([type]) => !types.has(type))
    .map(([type, value]) => ({ what: type, value }))
}

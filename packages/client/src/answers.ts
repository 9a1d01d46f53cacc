import type { Code, Issue } from '@holon/contract'
import { isCode } from '@holon/contract/code'

import type { FetchResponse } from './fetch.ts'
import { HttpError } from './http-error.ts'
import { type LightOperation, mayAnswerNothing } from './light-contract.ts'

/** What the gateway sends values as. */
export const jsonType = 'application/json'
/** Characters of a problem document; what is longer is none. Declared failures bring data with them. */
export const longestProblem: number = 1024 * 1024

/** An answer, read. */
export interface Answer {
  readonly status: number
  /** The media type, without its parameters. */
  readonly mediaType: string
  /** All of a value; of anything else more than {@link longestProblem} is cut off. */
  readonly text: string
  readonly retryAfterMs: number | undefined
}

/** What an answer belongs to. */
export interface Asked {
  /** `service.operation`. */
  readonly operation: string
  /** `GET https://shop.example/api/orders/1`, for messages. */
  readonly request: string
}

/** The value of an answer with one; throws an {@link HttpError} where it is another. */
export function valueOf(answer: Answer, asked: Asked, { compiled }: LightOperation): unknown {
  const { status, mediaType, text } = answer
  const isSuccess = status >= 200 && status < 300
  if (isNothing(answer) && mayAnswerNothing(compiled)) return undefined
  const json = isSuccess && mediaType === jsonType ? parsed(text) : undefined
  if (json === undefined) throw answerError(answer, asked, 'JSON')
  return json.value
}

/** As the gateway answers with nothing. A page without text, or a 200 without any, is another's. */
function isNothing({ status, mediaType, text }: Answer): boolean {
  return status === 204 || ((status === 201 || status === 202) && mediaType === '' && text === '')
}

/** The error that an answer tells: the problem document in it, or that it is neither that nor `wanted`. */
export function answerError(answer: Answer, asked: Asked, wanted: string): HttpError {
  const { status, mediaType, text } = answer
  const isProblem = mediaType === 'application/problem+json' && text.length <= longestProblem
  const document = isProblem ? parsed(text)?.value : undefined
  if (isObject(document)) return toHttpError(document, answer, asked)
  return new HttpError(foreignCode(status), foreign(answer, asked, status < 300 ? wanted : 'a problem document'), {
    status,
    retryAfterMs: answer.retryAfterMs,
  })
}

/** The item in an event of a stream. */
export function itemIn(text: string, asked: Asked): unknown {
  const json = parsed(text)
  if (json) return json.value
  throw wrongEvent('an item that is no JSON', asked)
}

/** The error of an event that the gateway would not send. */
export function wrongEvent(what: string, { request }: Asked): HttpError {
  return new HttpError('unknown', `${request} has sent ${what}.`, { status: 200 })
}

/** The error in an event of a stream. */
export function problemIn(text: string, asked: Asked): HttpError {
  const document = parsed(text)?.value
  const problem = isObject(document) ? document : {}
  const { status } = problem
  const isStatus = typeof status === 'number' && status >= 400 && status < 600
  return toHttpError(problem, { status: isStatus ? status : 500, retryAfterMs: undefined }, asked)
}

function toHttpError(
  document: Readonly<Record<string, unknown>>,
  seen: Pick<Answer, 'status' | 'retryAfterMs'>,
  { operation, request }: Asked,
): HttpError {
  const { code, detail, title, type, traceId, failure, data, errors } = document
  const message = textIn(detail) ?? textIn(title) ?? `${request} was answered with ${seen.status}.`
  return new HttpError(isCode(code) ? code : foreignCode(seen.status), message, {
    status: seen.status,
    retryAfterMs: seen.retryAfterMs,
    type: textIn(type),
    traceId: textIn(traceId),
    ...(typeof failure === 'string' && { failure: { name: failure, data, origin: operation } }),
    ...(Array.isArray(errors) && { issues: errors.map(toIssue) }),
  })
}

function toIssue(value: unknown): Issue {
  const { path, message } = isObject(value) ? value : {}
  const keys: readonly unknown[] = Array.isArray(path) ? path : []
  return {
    // Others have no place in a path, and may not even have a text.
    path: keys.filter((key) => typeof key === 'number' || typeof key === 'string'),
    message: textIn(message) ?? 'It is wrong.',
  }
}

/**
 * What a status means that the gateway has not sent, as gRPC reads those of proxies
 * (https://grpc.github.io/grpc/core/md_doc_http-grpc-status-mapping.html): a 404 says that there is no such gateway, not
 * that there is no such thing.
 */
function foreignCode(status: number): Code {
  return foreignCodes[status] ?? 'unknown'
}

const foreignCodes: Readonly<Record<number, Code>> = {
  400: 'internal',
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'unimplemented',
  429: 'unavailable',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
}

function foreign({ status, mediaType, text }: Answer, { request }: Asked, wanted: string): string {
  const type = mediaType === '' ? 'no media type' : mediaType
  const what = text.length > longestProblem ? `${type} of more than 1 MB` : type
  return `${request} was answered with ${status} and ${what} instead of ${wanted}: by something before the gateway, or the base URL is another's.`
}

/** The media type of a response. */
export function mediaTypeOf({ headers }: FetchResponse): string {
  return (headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

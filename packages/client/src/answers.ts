import type { Code, Issue } from '@holon/contract'
import { isCode } from '@holon/contract/code'

import type { FetchResponse } from './fetch.ts'
import { HttpError } from './http-error.ts'

/** An answer, read. */
export interface Answer {
  readonly status: number
  /** The media type, without its parameters. */
  readonly mediaType: string
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
export function valueOf(answer: Answer, asked: Asked): unknown {
  const { status, text } = answer
  const isSuccess = status >= 200 && status < 300
  if (isSuccess && text === '') return undefined
  const json = isSuccess ? parsed(text) : undefined
  if (json === undefined) throw answerError(answer, asked, 'JSON')
  return json.value
}

/** The error that an answer tells: the problem document in it, or that it is neither that nor `wanted`. */
export function answerError(answer: Answer, asked: Asked, wanted: string): HttpError {
  const { status, mediaType, text } = answer
  const document = mediaType === 'application/problem+json' ? parsed(text)?.value : undefined
  if (isObject(document)) return toHttpError(document, answer, asked)
  return new HttpError(foreignCode(status), foreign(answer, asked, status < 300 ? wanted : 'a problem document'), {
    status,
    retryAfterMs: answer.retryAfterMs,
  })
}

/** The item in an event of a stream. */
export function itemIn(text: string, { request }: Asked): unknown {
  const json = parsed(text)
  if (json) return json.value
  throw new HttpError('unknown', `${request} has sent an item that is no JSON.`, { status: 200 })
}

/** The error in an event of a stream. */
export function problemIn(text: string, asked: Asked): HttpError {
  const document = parsed(text)?.value
  const status = isObject(document) && typeof document['status'] === 'number' ? document['status'] : 500
  return toHttpError(isObject(document) ? document : {}, { status, retryAfterMs: undefined }, asked)
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
    path: keys.map((key) => (typeof key === 'number' ? key : String(key))),
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

function foreign({ status, mediaType }: Answer, { request }: Asked, wanted: string): string {
  const what = mediaType === '' ? 'no media type' : mediaType
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

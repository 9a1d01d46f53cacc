import { JsonText, parseJson } from '@holon/rpc'

import type { Exchange } from './exchange.ts'
import { EdgeError } from './problem.ts'

/** Told the body once it is whole, or why there is none. */
export type BodyRead = (error: unknown, body: unknown) => void

export interface BodyLimits {
  readonly bodyBytes: number
  /** Whether the body goes on as it came, unread. */
  readonly passesBody: boolean
}

const json = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i
const charsetOf = /;\s*charset\s*=\s*"?([^";\s]+)/i

/**
 * Reads the body of a request: JSON is the only one that is understood, in UTF-8 (RFC 8259) and not compressed. Where
 * there is none, `read` is told so at once.
 */
export function readBody({ request }: Exchange, { bodyBytes, passesBody }: BodyLimits, read: BodyRead): void {
  const { headers } = request
  const length = headers['content-length']
  const type = headers['content-type']
  if (type === undefined && headers['transfer-encoding'] === undefined && (length === undefined || length === '0'))
    return read(undefined, undefined)
  const problem = headProblem(type, headers['content-encoding'])
  if (problem !== undefined) return read(problem, undefined)
  if (Number(length) > bodyBytes) return read(tooLarge(), undefined)
  const chunks: Buffer[] = []
  let bytes = 0
  const stop = (): void => {
    request.off('data', onData).off('end', onEnd).off('error', stop)
  }
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length
    if (bytes <= bodyBytes) return void chunks.push(chunk)
    stop()
    read(tooLarge(), undefined)
  }
  const onEnd = (): void => {
    stop()
    let body: unknown
    try {
      body = bodyOf(Buffer.concat(chunks, bytes), passesBody)
    } catch (error) {
      return read(error, undefined)
    }
    read(undefined, body)
  }
  // An error means that the client is gone: there is nobody to answer.
  request.on('data', onData).on('end', onEnd).on('error', stop)
}

function headProblem(type: string | undefined, encoding: string | undefined): EdgeError | undefined {
  const unsupported = (message: string): EdgeError => new EdgeError('unsupported_media_type', message)
  if (type === undefined || !json.test(type))
    return unsupported('The body must be JSON; send it with Content-Type: application/json.')
  if (encoding !== undefined && encoding !== 'identity')
    return unsupported(`The body is compressed (${encoding}); send it as it is.`)
  const charset = charsetOf.exec(type)?.[1]
  if (charset !== undefined && !/^utf-?8$/i.test(charset))
    return unsupported(`The body is in ${charset}; JSON is sent in UTF-8.`)
  return undefined
}

function tooLarge(): EdgeError {
  return new EdgeError('body_too_large', 'The body is larger than this gateway accepts.')
}

function bodyOf(bytes: Buffer, passesBody: boolean): unknown {
  if (bytes.length === 0) return undefined
  // Who needs nothing of it does not look into it: the one reader is the service, so that no two can differ.
  return passesBody ? new JsonText(bytes) : parseJson(bytes)
}

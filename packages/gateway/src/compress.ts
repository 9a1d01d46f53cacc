import { Readable } from 'node:stream'
import { pipeline } from 'node:stream'
import { constants, createBrotliCompress, createDeflate, createGzip, createZstdCompress } from 'node:zlib'

import { negotiate } from '@fastify/accept-negotiator'

import type { Answer } from './answers.ts'
import type { Exchange } from './exchange.ts'

/** Below this nothing is compressed: it costs more than it saves. */
const fromBytes = 1024

const compressors = {
  zstd: () => createZstdCompress(),
  // The quality that costs about what gzip costs; the default of the library is meant for files that are compressed once.
  br: () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: () => createGzip(),
  deflate: () => createDeflate(),
}
type Encoding = keyof typeof compressors | 'identity'

/** Best first, among those that a client likes as well. */
const encodings: Encoding[] = ['zstd', 'br', 'gzip', 'deflate', 'identity']

/** What is text in some way; pictures, archives and the like are compressed already. */
const compressible =
  /^text\/(?!event-stream)|[+/](?:json|javascript|ecmascript|xml|yaml|wasm|ttf|otf|vnd\.ms-fontobject)(?:;|$)/

/** What answers say, also those without the whole, where others of the same path may be compressed. */
export const varying: Readonly<Record<string, string>> = { vary: 'accept-encoding' }

/** Whether something of a type and size is compressed for who takes that. */
export function isCompressible(type: string | undefined, bytes: number): boolean {
  return bytes >= fromBytes && compressible.test(type ?? '')
}

/** The answer as the client likes it best: compressed where that helps and the answer is a whole one. */
export function compressed({ headers: asked }: Exchange, answer: Answer): Answer {
  const { status, headers = {}, body } = answer
  if (body === undefined || status === 206 || status === 304) return answer
  const { 'content-length': length, ...others } = headers
  const bytes = body instanceof Readable ? Number(length ?? Infinity) : Buffer.byteLength(body)
  if (!isCompressible(headers['content-type'], bytes)) return answer
  const encoding = preferred(asked['accept-encoding'])
  if (encoding === 'identity') return { ...answer, headers: { ...headers, ...varying } }
  const packed = compressors[encoding]()
  pipeline(body instanceof Readable ? body : Readable.from([Buffer.from(body)]), packed, () => undefined)
  return { status, headers: { ...others, ...varying, 'content-encoding': encoding }, body: packed }
}

function preferred(accepted: string | string[] | undefined): Encoding {
  if (typeof accepted !== 'string') return 'identity'
  // RFC 9110, 8.4.1.3: `x-gzip` is `gzip`.
  const asked = accepted.toLowerCase().replaceAll('x-gzip', 'gzip')
  const refused = refusedIn(asked)
  // The library takes `*` for the first that is offered, also where that one is refused.
  const offered = encodings.filter((encoding) => !refused.has(encoding))
  return negotiate(asked, offered) ?? 'identity'
}

/** The encodings that a client names only to have none of them. */
function refusedIn(accepted: string): ReadonlySet<string> {
  const named = accepted.split(',').map((part) => part.split(';').map((text) => text.trim()))
  const refused = named.filter(([, ...parameters]) => parameters.some((text) => /^q=0(?:\.0*)?$/.test(text)))
  return new Set(refused.map(([name = '']) => name))
}

import type { Platform, TraceContext } from '@holon/contract'

/** The trace that a request begins or continues. */
export type RequestTrace = Pick<TraceContext, 'traceId' | 'spanId' | 'sampled'>

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const zeros = /^0+$/

/** Continues the trace of a `traceparent` header, or begins a new one where there is none or it is malformed. */
export function traceOf(traceparent: string | string[] | undefined, platform: Platform): RequestTrace {
  return (typeof traceparent === 'string' ? parseTraceparent(traceparent) : undefined) ?? newTrace(platform)
}

/** Reads a `traceparent` header by the rules of W3C Trace Context; undefined where it must be ignored. */
export function parseTraceparent(header: string): RequestTrace | undefined {
  const [, version, traceId, spanId, flags, rest] = form.exec(header) ?? []
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return undefined
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  if (zeros.test(traceId) || zeros.test(spanId)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/** Begins a trace; it is sampled. */
export function newTrace(platform: Platform): RequestTrace {
  const hex = Buffer.from(platform.randomBytes(24)).toString('hex')
  return { traceId: hex.slice(0, 32), spanId: hex.slice(32), sampled: true }
}

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
  // Ids need to differ, not to be secret: `randomBytes` for each request would cost as much as parsing it.
  const word = (): string => ((platform.random() * 0x1_0000_0000) >>> 0).toString(16).padStart(8, '0')
  const traceId = word() + word() + word() + word()
  const spanId = word() + word()
  // All-zero ids are invalid; a simulated source of randomness may well give them.
  return {
    traceId: zeros.test(traceId) ? `${traceId.slice(1)}1` : traceId,
    spanId: zeros.test(spanId) ? `${spanId.slice(1)}1` : spanId,
    sampled: true,
  }
}

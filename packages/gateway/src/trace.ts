import { type OutsideTrace, TraceId, type TraceIds, unhex } from '@holon/rpc'

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const zeros = /^0+$/

/** Continues the trace of a `traceparent` header, or begins a new one where there is none or it is malformed. */
export function traceOf(traceparent: string | string[] | undefined, ids: TraceIds): OutsideTrace {
  return (typeof traceparent === 'string' ? parseTraceparent(traceparent) : undefined) ?? newTrace(ids)
}

/** Reads a `traceparent` header by the rules of W3C Trace Context; undefined where it must be ignored. */
export function parseTraceparent(header: string): OutsideTrace | undefined {
  const [, version, id = '', span, flags, rest] = form.exec(header) ?? []
  if (version === undefined || span === undefined || flags === undefined) return undefined
  if (version === 'ff' || (version === '00' && rest !== undefined) || zeros.test(span)) return undefined
  const traceId = TraceId.parse(id)
  const sampled = (Number.parseInt(flags, 16) & 1) === 1
  return traceId && { traceId, spanHigh: unhex(span, 0), spanLow: unhex(span, 8), sampled }
}

/** Begins a trace; it is sampled. */
export function newTrace(ids: TraceIds): OutsideTrace {
  return { traceId: ids.nextTrace(), spanHigh: 0, spanLow: 0, sampled: true }
}

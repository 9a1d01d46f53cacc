import type { Operation, TraceContext } from '@holon/contract'

import { Call, type CallEnvironment } from './call.ts'
import { TraceId } from './trace-ids.ts'

/** What a handler is run for that nobody called: an event, or a schedule. */
export interface UnitStart {
  readonly service: string
  /** Appears in traces and errors: `on orders.placed`. */
  readonly what: string
  readonly caller: string
  readonly trace: Pick<TraceContext, 'traceId' | 'spanId' | 'sampled'> | undefined
  readonly timeoutMs: number
  /** Gives the run up when it aborts. */
  readonly signal: AbortSignal
}

/**
 * Runs `work` as a call of its own, so that deadline, cancellation and trace reach everything it calls. Rejects with the
 * call's reason as soon as it is given up, whether `work` heeds that or not.
 */
export async function runUnit<T>(
  environment: CallEnvironment,
  start: UnitStart,
  work: (call: Call) => Promise<T>,
): Promise<T> {
  const { signal } = start
  const call = new Call(environment, callStart(environment, start))
  const giveUp = (): void => call.cancel('cancelled')
  if (signal.aborted) giveUp()
  else signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await new Promise<T>((resolve, reject) => {
      const lost = (): void => reject(call.reason)
      if (call.signal.aborted) return lost()
      call.signal.addEventListener('abort', lost, { once: true })
      work(call).then(resolve, reject)
    })
  } finally {
    signal.removeEventListener('abort', giveUp)
    call.settle()
  }
}

function callStart(
  { platform, traceIds }: CallEnvironment,
  { service, what, caller, trace, timeoutMs }: UnitStart,
): Call['start'] {
  const startMs = platform.monotonicMs()
  const half = (at: number): number =>
    trace === undefined ? 0 : Number.parseInt(trace.spanId.slice(at, at + 8), 16) | 0
  return {
    operation: unitOperation(service, what),
    caller,
    identity: undefined,
    idempotencyKey: undefined,
    traceId: (trace && TraceId.parse(trace.traceId)) ?? traceIds.nextTrace(),
    spanHigh: traceIds.spanPrefix,
    spanLow: traceIds.nextSpan(),
    parentHigh: half(0),
    parentLow: half(8),
    sampled: trace?.sampled ?? true,
    depth: 0,
    startMs,
    deadlineMs: startMs + timeoutMs,
  }
}

/** Stands for the handler where an operation is expected. */
function unitOperation(service: string, what: string): Operation {
  return {
    id: `${service}.${what}`,
    service,
    name: what,
    definition: { kind: 'command', input: undefined, output: undefined, errors: {} },
    compiled: {
      input: undefined,
      output: undefined,
      clientStream: undefined,
      serverStream: undefined,
      failures: {},
      route: undefined,
      places: undefined,
      auth: 'none',
      timeoutMs: Infinity,
      fingerprint: '',
    },
  }
}

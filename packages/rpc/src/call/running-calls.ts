import { Call, type CallEnvironment } from './call.ts'

/** A call of a service of this process that has not been answered yet. */
export interface RunningCall {
  /** `orders.place`, or for what nobody called: `orders.on payments.captured`. */
  readonly operation: string
  readonly caller: string
  readonly runningMs: number
}

/** The calls that services of this process are answering, longest first. To be asked rarely: it looks at every call. */
export function runningCalls(
  { platform, wheel }: Pick<CallEnvironment, 'platform' | 'wheel'>,
  services: ReadonlySet<string>,
): readonly RunningCall[] {
  const nowMs = platform.monotonicMs()
  const running: RunningCall[] = []
  for (const call of wheel.entries()) {
    // A call to another process is one of those that it runs.
    if (!(call instanceof Call) || !services.has(call.start.operation.service)) continue
    running.push({ operation: call.operation, caller: call.caller, runningMs: nowMs - call.start.startMs })
  }
  return running.toSorted((one, other) => other.runningMs - one.runningMs)
}

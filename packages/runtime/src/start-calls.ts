import { copyPlain, travelIssue } from '@holon/contract'
import type { Caller, Calls } from '@holon/rpc'

import type { ServiceStarts } from './service-starts.ts'

/** The calls of start hooks: each waits until the called service has started. Afterwards they are like all others. */
export function startCalls(calls: Calls, starts: ServiceStarts): Pick<Calls, 'call' | 'stream'> {
  const isEarly = ({ name, uses }: Caller, service: string): boolean => starts.isStarting(name) && uses.has(service)
  return {
    call: async (caller, operation, outgoing) => {
      if (!isEarly(caller, operation.service)) return calls.call(caller, operation, outgoing)
      // What the hook does to its input while it waits is not sent. What cannot travel is refused when it is.
      const input = travelIssue(outgoing.input) ? outgoing.input : copyPlain(outgoing.input)
      await starts.untilCallable(caller.name, operation, outgoing.origin)
      return calls.call(caller, operation, { ...outgoing, input })
    },
    async *stream(caller, operation, outgoing) {
      if (isEarly(caller, operation.service)) await starts.untilCallable(caller.name, operation, outgoing.origin)
      yield* calls.stream(caller, operation, outgoing)
    },
  }
}

import { copyPlain, travelIssue } from '@holon/contract'
import type { Caller, ServiceCalls } from '@holon/rpc'

import type { ServiceStarts } from './service-starts.ts'

/**
 * The calls of start hooks: each waits until the called service has started. Handlers do not have these; a hook that keeps
 * its clients for later finds them to be like all others then.
 */
export function startCalls(calls: ServiceCalls, starts: ServiceStarts): ServiceCalls {
  const isEarly = ({ name, uses }: Caller, service: string): boolean => starts.isStarting(name) && uses.has(service)
  const callLater: ServiceCalls['call'] = async (caller, operation, outgoing) => {
    // What the hook does to its input while it waits is not sent. What cannot travel is refused when it is.
    const input = travelIssue(outgoing.input) ? outgoing.input : copyPlain(outgoing.input)
    await starts.untilCallable(caller.name, operation, outgoing.origin)
    return calls.call(caller, operation, { ...outgoing, input })
  }
  async function* streamLater(
    ...[caller, operation, outgoing]: Parameters<ServiceCalls['stream']>
  ): ReturnType<ServiceCalls['stream']> {
    await starts.untilCallable(caller.name, operation, outgoing.origin)
    yield* calls.stream(caller, operation, outgoing)
  }
  return {
    call: (caller, operation, outgoing) =>
      isEarly(caller, operation.service)
        ? callLater(caller, operation, outgoing)
        : calls.call(caller, operation, outgoing),
    stream: (caller, operation, outgoing) =>
      isEarly(caller, operation.service)
        ? streamLater(caller, operation, outgoing)
        : calls.stream(caller, operation, outgoing),
  }
}

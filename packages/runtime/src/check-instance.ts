import { messageOf } from '@holon/contract'
import { busName } from '@holon/events/definition'
import type { Endpoint } from '@holon/rpc'

import type { InstanceCaller } from './callers.ts'
import type { Instance } from './instance.ts'
import type { RunningService } from './running-service.ts'

/** What {@link checkInstance} looks at. */
export interface CheckedParts {
  readonly running: readonly RunningService[]
  readonly endpoint: Pick<Endpoint, 'reaches'>
  readonly callers: readonly InstanceCaller[]
}

/** Whether the stores of an instance answer, and every service that is used from it can be reached. */
export async function checkInstance(
  { running, endpoint, callers }: CheckedParts,
  signal: AbortSignal | undefined,
): ReturnType<Instance['check']> {
  const local = new Set(running.map(({ loaded }) => loaded.name))
  // Without the bus calls are answered all the same; events wait in the outboxes.
  const uses = callers.flatMap((caller) => (caller.canWait === true ? [] : caller.uses))
  const used = new Set(uses.filter((name) => name !== busName))
  const missing = [...used].filter((name) => !local.has(name) && !endpoint.reaches(name))
  const problems = missing.map((name) => `No instance of '${name}' can be reached.`)
  const pings = running.map(async ({ loaded, store }) => {
    try {
      await store?.ping(signal)
      return undefined
    } catch (error) {
      return `The store of '${loaded.name}' fails: ${messageOf(error)}`
    }
  })
  for (const problem of await Promise.all(pings)) if (problem !== undefined) problems.push(problem)
  return { ready: problems.length === 0, callable: used.size === 0 || missing.length < used.size, problems }
}

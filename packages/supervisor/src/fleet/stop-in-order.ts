import type { Platform } from '@holon/contract'

import { formatExit } from '../process/launch.ts'
import type { External } from './external.ts'
import type { InstanceGroup } from './instance-group.ts'
import { stopOrder } from './stop-order.ts'

export interface Stopping {
  readonly platform: Platform
  readonly groups: readonly InstanceGroup[]
  readonly externals: readonly External[]
}

/**
 * Stops callers before those that they call, and external processes last, all within `graceMs`; what does not end by
 * itself is killed. Resolves with what did not end as it should.
 */
export async function stopInOrder(
  { platform, groups, externals }: Stopping,
  graceMs: number,
): Promise<readonly string[]> {
  const endMs = platform.monotonicMs() + graceMs
  const waves = stopOrder(groups.map(({ name, plan, uses }) => ({ name, services: plan.services, uses })))
  const steps = [
    ...waves.map((wave) => groups.filter(({ name }) => wave.includes(name))),
    externals.map((external) => ({ stop: (shareMs: number) => stopExternal(external, shareMs) })),
  ]
  const problems: string[] = []
  for (const [index, step] of steps.entries()) {
    // One that hangs may not use up the time of those that come after it.
    const shareMs = Math.max(0, endMs - platform.monotonicMs()) / (steps.length - index)
    problems.push(...(await Promise.all(step.map((each) => each.stop(shareMs)))).flat())
  }
  return problems
}

/** Programs end with all kinds of codes when they are told to; only one that had to be killed did not do what it should. */
async function stopExternal({ name, kept }: External, graceMs: number): Promise<readonly string[]> {
  const exit = await kept.stop(graceMs)
  return exit?.signal === 'SIGKILL' ? [`${name}: ${formatExit(exit)}`] : []
}

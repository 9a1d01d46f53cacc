import type { LoopResult } from './closed-loop.ts'
import { type Usage, usageOf } from './proc.ts'
import type { Worker } from './processes.ts'

/** What was read at both edges of a window. */
export interface Edges {
  readonly begin: readonly Usage[]
  readonly end: readonly Usage[]
}

/**
 * Waits until a worker that measures has told both edges of its window and its result; reads the usage of each group of
 * processes at the edges.
 */
export async function runWindow(
  worker: Worker,
  task: object,
  { groups, timeoutMs }: { readonly groups: readonly (readonly number[])[]; readonly timeoutMs: number },
): Promise<{ readonly result: LoopResult; readonly edges: Edges }> {
  const edges: { begin: readonly Usage[]; end: readonly Usage[] } = { begin: [], end: [] }
  worker.send(task)
  for (;;) {
    const message = await worker.next<{ readonly edge?: 'begin' | 'end'; readonly result?: LoopResult }>(timeoutMs)
    if (message.edge !== undefined) {
      edges[message.edge] = groups.map((pids) => usageOf(pids))
      worker.send({ go: true })
    }
    if (message.result !== undefined) return { result: message.result, edges }
  }
}

/** CPU time of group `index` in the window. */
export function cpuUsIn({ begin, end }: Edges, index: number): number {
  return (end[index]?.cpuUs ?? 0) - (begin[index]?.cpuUs ?? 0)
}

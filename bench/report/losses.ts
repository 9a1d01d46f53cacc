import { figureInfo } from '../harness/figures.ts'
import type { SuiteResult } from '../harness/result.ts'
import { type Row, rowsOf } from '../harness/statistics.ts'

/** Not ways to build services, but what they are measured against. */
const yardsticks = ['raw-', 'in-process-plain', 'plain-http', 'bare-node', 'direct', 'client-']

export function isOwn(variant: string): boolean {
  return variant.startsWith('holon') || variant.startsWith('in-process-holon')
}

export interface Loss {
  readonly cell: string
  readonly peer: string
  /** Each figure in which it is better, with the best of Holon's own variants. */
  readonly figures: readonly string[]
}

/** Where a peer is better than the best of Holon's own variants. */
export function lossesOf(result: SuiteResult): readonly Loss[] {
  const rows = rowsOf(result).filter(({ valid }) => valid)
  return result.cells.flatMap((cell) => {
    const here = rows.filter((row) => row.cell === cell.name)
    const own = here.filter(({ variant }) => isOwn(variant))
    const peers = here.filter(({ variant }) => !isOwn(variant) && !yardsticks.some((name) => variant.startsWith(name)))
    return peers.flatMap((peer) => {
      const figures = lostFigures(peer, own)
      const title = result.variants.find(({ name }) => name === peer.variant)?.title ?? peer.variant
      return figures.length === 0 ? [] : [{ cell: cell.title, peer: title, figures }]
    })
  })
}

function lostFigures(peer: Row, own: readonly Row[]): readonly string[] {
  return Object.entries(peer.figures).flatMap(([name, { median }]) => {
    const { title, better, print } = figureInfo(name)
    const values = own.flatMap(({ figures }) => (figures[name] === undefined ? [] : [figures[name].median]))
    if (values.length === 0) return []
    const best = better === 'more' ? Math.max(...values) : Math.min(...values)
    if (better === 'more' ? median <= best : median >= best) return []
    return [`${title}: ${print(median)} against ${print(best)}`]
  })
}

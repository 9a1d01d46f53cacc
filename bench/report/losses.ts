import { figureInfo } from '../harness/figures.ts'
import type { SuiteResult } from '../harness/result.ts'
import { type Row, rowsOf } from '../harness/statistics.ts'

/** Not ways to build services, but what they are measured against. */
const yardsticks = ['raw-', 'in-process-plain', 'bare-node', 'direct']

export function isOwn(variant: string): boolean {
  return variant.startsWith('holon') || variant.startsWith('in-process-holon')
}

export interface Loss {
  readonly cell: string
  readonly figure: string
  readonly peer: string
  readonly text: string
}

/** Where a peer is better than the best of Holon's own variants, figure by figure. */
export function lossesOf(result: SuiteResult): readonly Loss[] {
  const rows = rowsOf(result).filter(({ valid }) => valid)
  return result.cells.flatMap((cell) => {
    const here = rows.filter((row) => row.cell === cell.name)
    const own = here.filter(({ variant }) => isOwn(variant))
    const peers = here.filter(({ variant }) => !isOwn(variant) && !yardsticks.some((name) => variant.startsWith(name)))
    return own.length === 0 ? [] : peers.flatMap((peer) => lossesTo(result, cell.title, peer, own))
  })
}

function lossesTo(result: SuiteResult, cell: string, peer: Row, own: readonly Row[]): readonly Loss[] {
  return Object.entries(peer.figures).flatMap(([name, { median }]) => {
    const { title, better, print } = figureInfo(name)
    const values = own.flatMap(({ figures }) => (figures[name] === undefined ? [] : [figures[name].median]))
    if (values.length === 0) return []
    const best = better === 'more' ? Math.max(...values) : Math.min(...values)
    if (better === 'more' ? median <= best : median >= best) return []
    const peerTitle = result.variants.find((one) => one.name === peer.variant)?.title ?? peer.variant
    return [{ cell, figure: title, peer: peerTitle, text: `${print(median)} against ${print(best)}` }]
  })
}

import { figureInfo } from '../harness/figures.ts'
import type { SuiteResult } from '../harness/result.ts'
import { figureOf, rowsOf } from '../harness/statistics.ts'
import { mainFigure, type Table, toText } from './table.ts'

/** The main figure of each row beside that of the newest earlier result that has the row, and their ratio. */
export function compare(now: SuiteResult, earlier: readonly SuiteResult[]): Table {
  const rows = rowsOf(now)
  const old = earlier.map((result) => ({ result, rows: rowsOf(result) }))
  const lines = rows.flatMap(({ variant, cell, figures }) => {
    const main = mainFigure(rows.filter((row) => row.cell === cell))
    const value = main === undefined ? undefined : figures[main]?.median
    if (main === undefined || value === undefined) return []
    const before = old.flatMap((one) => {
      const figure = figureOf(one.rows, variant, cell, main)
      return figure === undefined ? [] : [{ figure, of: describe(one.result, now) }]
    })[0]
    if (before === undefined) return []
    const { title, print, better } = figureInfo(main)
    const ratio = value / before.figure
    const verdict = (better === 'more' ? ratio : 1 / ratio) < 0.9 ? 'slower' : ''
    return [
      [`${variant} ${cell}`, print(before.figure), print(value), title, `× ${ratio.toFixed(2)}`, verdict, before.of],
    ]
  })
  return { head: ['', 'before', 'now', '', 'ratio', '', 'before was'], lines }
}

function describe({ quick, startedAt, commit, machine }: SuiteResult, now: SuiteResult): string {
  const elsewhere = machine.cpu === now.machine.cpu ? '' : `, on ${machine.cpu}`
  return `${startedAt.slice(0, 16)}${quick ? ' quick' : ''}, ${commit.id.slice(0, 8)}${elsewhere}`
}

/** Prints the comparison. It informs and judges nothing: machines differ, and so do days. */
export function printComparison(now: SuiteResult, earlier: readonly SuiteResult[]): void {
  const table = compare(now, earlier)
  if (table.lines.length === 0) return console.log(`\n${now.suite}: no stored result has one of these rows`)
  console.log(`\nCompared with what is stored\n${toText(table)}`)
}

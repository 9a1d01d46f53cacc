import { figureInfo } from '../harness/figures.ts'
import type { CellInfo, SuiteResult } from '../harness/result.ts'
import { type Row, rowsOf, type Summary } from '../harness/statistics.ts'

export interface Table {
  readonly head: readonly string[]
  readonly lines: readonly (readonly string[])[]
}

/** The figure that a cell is about: the first that its rows have. Its order is that of the table, too. */
export function mainFigure(rows: readonly Row[]): string | undefined {
  return rows.flatMap(({ figures }) => Object.keys(figures))[0]
}

export function rowsOfCell(result: SuiteResult, cell: CellInfo): readonly Row[] {
  const rows = rowsOf(result).filter((row) => row.cell === cell.name)
  const main = mainFigure(rows)
  if (main === undefined) return rows
  const sign = figureInfo(main).better === 'more' ? -1 : 1
  const rank = ({ figures, valid }: Row): number => (valid ? sign * (figures[main]?.median ?? Infinity) : Infinity)
  return rows.toSorted((a, b) => {
    const [left, right] = [rank(a), rank(b)]
    return left === right ? 0 : left - right
  })
}

function print(figure: string, { median, min, max, rounds }: Summary, spread: boolean): string {
  const { print: format } = figureInfo(figure)
  const range = spread && rounds > 1 ? ` (${format(min)}–${format(max)})` : ''
  return `${format(median)}${range}`
}

/** A figure of a variant as a multiple of a reference's, where both may be believed. */
function ratio(rows: readonly Row[], row: Row, reference: string, figure: string): string {
  const base = rows.find(({ variant }) => variant === reference)
  const [own, other] = [row.figures[figure]?.median, base?.figures[figure]?.median]
  if (!row.valid || base?.valid !== true || own === undefined || other === undefined || other === 0) return ''
  const value = own / other
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

export interface TableOptions {
  /** Variants whose main figure the others are multiples of. */
  readonly references: readonly string[]
}

/** The table of a cell: medians, with the spread of the main figure; what does not count says why. */
export function tableOf(result: SuiteResult, cell: CellInfo, { references }: TableOptions): Table {
  const rows = rowsOfCell(result, cell)
  const main = mainFigure(rows) ?? ''
  const names = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))]
  const known = references.filter((name) => rows.some(({ variant, valid }) => variant === name && valid))
  const titleOf = (name: string): string => result.variants.find((one) => one.name === name)?.title ?? name
  const lines = rows.map((row) => [
    titleOf(row.variant),
    ...names.map((name) => {
      const summary = row.figures[name]
      return summary === undefined ? '' : print(name, summary, name === main)
    }),
    ...known.map((reference) => ratio(rows, row, reference, main)),
    remarks(result, row),
  ])
  const head = [
    '',
    ...names.map((name) => figureInfo(name).title),
    ...known.map((name) => `× ${titleOf(name)}`),
    'notes',
  ]
  return { head, lines }
}

function remarks(result: SuiteResult, row: Row): string {
  const { note } = result.variants.find(({ name }) => name === row.variant) ?? {}
  const parts = note === undefined ? [] : [note]
  if (row.errors > 0) parts.push(`**invalid: ${row.errors} calls failed**`)
  if (row.failures.length > 0) parts.push(`**failed: ${firstLine(row.failures[0]?.message ?? '')}**`)
  if (row.disturbedRounds > 0) parts.push(`${row.disturbedRounds} rounds disturbed`)
  return parts.join('; ')
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, 120)
}

export function toMarkdown({ head, lines }: Table): string {
  const escaped = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const rule = `| ${head.map((_, index) => (index === 0 || index === head.length - 1 ? '---' : '---:')).join(' | ')} |`
  return [escaped(head), rule, ...lines.map((line) => escaped(line))].join('\n')
}

export function toText({ head, lines }: Table): string {
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(head), ...lines.map((cells) => line(cells))].join('\n')
}

import type { Failure, Measurement, SuiteResult } from './result.ts'

/** The rounds of one figure, summed up. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly rounds: number
}

/** One variant in one cell. */
export interface Row {
  readonly variant: string
  readonly cell: string
  readonly figures: Readonly<Record<string, Summary>>
  readonly errors: number
  readonly disturbedRounds: number
  readonly failures: readonly Failure[]
  /** False when calls failed or no round came through: its figures prove nothing. */
  readonly valid: boolean
}

/** @throws RangeError for no values: there is no median of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined) throw new RangeError('There is no median of no values.')
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}

export function summarise(values: readonly number[]): Summary {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), rounds: values.length }
}

/** The table of a result: a row for each variant and cell that was tried, in the order of the result's own lists. */
export function rowsOf(result: SuiteResult): readonly Row[] {
  return result.cells.flatMap((cell) =>
    result.variants.flatMap((variant) => {
      const own = (one: { readonly variant: string; readonly cell: string }): boolean =>
        one.variant === variant.name && one.cell === cell.name
      const counted = result.measurements.filter((one) => own(one) && one.superseded !== true)
      const failures = result.failures.filter((one) => own(one))
      return counted.length + failures.length === 0 ? [] : [rowOf(variant.name, cell.name, counted, failures)]
    }),
  )
}

function rowOf(variant: string, cell: string, counted: readonly Measurement[], failures: readonly Failure[]): Row {
  const names = new Set(counted.flatMap(({ figures }) => Object.keys(figures)))
  const figures = Object.fromEntries(
    [...names].map((name) => [
      name,
      summarise(counted.flatMap(({ figures }) => (figures[name] === undefined ? [] : [figures[name]]))),
    ]),
  )
  const errors = counted.reduce((sum, one) => sum + one.errors, 0)
  return {
    variant,
    cell,
    figures,
    errors,
    disturbedRounds: counted.filter(({ disturbed }) => disturbed).length,
    failures,
    valid: errors === 0 && counted.length > 0 && failures.length === 0,
  }
}

/** The median of a figure, if it was measured and may be believed. */
export function figureOf(rows: readonly Row[], variant: string, cell: string, figure: string): number | undefined {
  const row = rows.find((one) => one.variant === variant && one.cell === cell)
  return row?.valid === true ? row.figures[figure]?.median : undefined
}

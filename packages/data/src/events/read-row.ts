type Row = Readonly<Record<string, unknown>>

/** A column of integers: drivers give them as numbers, as bigints or as text. */
export function integer(row: Row, column: string): number {
  const value = row[column]
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'bigint' || typeof value === 'string'
        ? Number(value)
        : Number.NaN
  if (Number.isSafeInteger(number)) return number
  throw new TypeError(`The column ${column} holds ${String(value)} and not an integer.`)
}

export function optionalInteger(row: Row, column: string): number | undefined {
  return row[column] === null || row[column] === undefined ? undefined : integer(row, column)
}

export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value === 'string') return value
  throw new TypeError(`The column ${column} holds ${typeof value} and not a text.`)
}

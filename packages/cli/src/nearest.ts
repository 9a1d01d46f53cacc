/** ` Did you mean 'orders'? There are …`: what to say of a name that is not among the known ones. */
export function nearest(name: string, known: readonly string[]): string {
  const close = known.filter((each) => distance(each.toLowerCase(), name.toLowerCase()) <= 2)
  const guess = close.length > 0 ? ` Did you mean ${close.map((each) => `'${each}'`).join(' or ')}?` : ''
  return `${guess} There ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}.`
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [row, left] of [...a].entries()) {
    const current = [row + 1]
    for (const [column, top] of [...b].entries()) {
      const change = (above[column] ?? 0) + (left === top ? 0 : 1)
      current.push(Math.min(change, (above[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1))
    }
    above = current
  }
  return above.at(-1) ?? 0
}

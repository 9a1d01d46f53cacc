import leven from 'leven'

/** ` Did you mean 'orders'? There are …`: what to say of a name that is not among the known ones. */
export function nearest(name: string, known: readonly string[]): string {
  const close = known.filter((each) => leven(each.toLowerCase(), name.toLowerCase()) <= 2)
  const guess = close.length > 0 ? ` Did you mean ${close.map((each) => `'${each}'`).join(' or ')}?` : ''
  return `${guess} There ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}.`
}

/**
 * Cuts a list into pieces whose sizes come to at most `most`, in order. What is larger by itself is a piece of its own.
 * Nothing is copied where the whole list fits.
 */
export function inPieces<T>(items: readonly T[], most: number, sizeOf: (item: T) => number): readonly (readonly T[])[] {
  const pieces: (readonly T[])[] = []
  let from = 0
  let size = 0
  for (const [index, item] of items.entries()) {
    const more = sizeOf(item)
    if (index > from && size + more > most) {
      pieces.push(items.slice(from, index))
      from = index
      size = 0
    }
    size += more
  }
  pieces.push(from === 0 ? items : items.slice(from))
  return pieces
}

/** A part of a regular expression, how often it may occur, and what is in it if it is a group. */
interface Item {
  readonly min: number
  readonly max: number
  /** Of a group: its alternatives. */
  readonly body: readonly Sequence[] | undefined
  /** It matches no text, only a place. */
  readonly isPlace: boolean
}

type Sequence = readonly Item[]

/**
 * Whether matching takes exponential time with a text that nearly matches: something that may be repeated more or less often
 * stands in a group that is itself repeated without limit and demands nothing else, as in `^(\w+\s?)*$`, and what follows can
 * fail. What it finds is certain; it does not find everything (`(a|a)*$`).
 */
export function explodes(source: string): boolean {
  const sequences = new PatternReader(source).readAlternatives()
  return sequences.some((sequence) => hasExplosion(sequence, false))
}

/** `canFail`: after this sequence something may fail to match. */
function hasExplosion(sequence: Sequence, canFail: boolean): boolean {
  return sequence.some(({ max, body }, index) => {
    if (body === undefined) return false
    const failsAfter = canFail || sequence.slice(index + 1).some((item) => item.isPlace || !canBeEmpty(item))
    if (max === Infinity && failsAfter && body.some(isOneRepetition)) return true
    return body.some((inner) => hasExplosion(inner, failsAfter))
  })
}

/** Whether the sequence can be matched by one thing, more or less often: then there are many ways to split a text. */
function isOneRepetition(sequence: Sequence): boolean {
  return sequence.some(
    (item, index) =>
      (item.max > Math.max(1, item.min) || (item.max === 1 && item.body?.some(isOneRepetition) === true)) &&
      sequence.every((other, at) => at === index || canBeEmpty(other)),
  )
}

function canBeEmpty({ min, body, isPlace }: Item): boolean {
  return min === 0 || isPlace || body?.some((sequence) => sequence.every(canBeEmpty)) === true
}

/** Reads a valid pattern as far as repetition goes. */
class PatternReader {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  readAlternatives(): readonly Sequence[] {
    const alternatives: Item[][] = [[]]
    while (this.#at < this.#source.length && this.#source[this.#at] !== ')') {
      if (this.#take(/\|/y)) alternatives.push([])
      else alternatives.at(-1)?.push(this.#readItem())
    }
    return alternatives
  }

  #readItem(): Item {
    if (this.#take(/\^|\$|\\[bB]/y)) return { min: 1, max: 1, body: undefined, isPlace: true }
    const group = this.#take(/\((?:\?(?:<?[=!]|<[^>]*>|[a-z-]*:))?/y)
    let body: readonly Sequence[] | undefined
    if (group) {
      body = this.readAlternatives()
      this.#take(/\)/y)
    } else {
      // A class, an escape with all that belongs to it, or a character.
      this.#take(/\[(?:\\[^]|[^\]\\])*\]|\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|k<[^>]*>|[^])|[^]/y)
    }
    return { ...this.#readRepetition(), body, isPlace: group !== undefined && /[=!]$/.test(group) }
  }

  #readRepetition(): { readonly min: number; readonly max: number } {
    const [sign, least, comma, most] = this.#match(/(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/y) ?? []
    if (sign === undefined) return { min: 1, max: 1 }
    if (least === undefined) return { min: sign[0] === '+' ? 1 : 0, max: sign[0] === '?' ? 1 : Infinity }
    const min = Number(least)
    return { min, max: comma === '' ? min : most === '' ? Infinity : Number(most) }
  }

  #take(pattern: RegExp): string | undefined {
    return this.#match(pattern)?.[0]
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#source) ?? undefined
    if (match) this.#at = pattern.lastIndex
    return match
  }
}

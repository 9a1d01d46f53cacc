import { indentAt, indentUnit, insert, replace, type Source } from './source.ts'

interface Span {
  readonly start: number
  readonly end: number
}

/** The members of an object or the elements of an array, between its brackets. */
export interface List extends Span {
  readonly members: readonly Span[]
}

const longestLine = 120

/**
 * Puts a member at the end of a list, in the list's own form: on a line of its own where the others are, else beside them as
 * long as the line has room. Lines of `member` after the first are indented as it is, by two spaces a step.
 */
export function appendMember(source: Source, list: List, member: string): Source {
  const { text } = source
  const last = list.members.at(-1)
  if (last === undefined) return fillEmpty(source, list, member)
  if (!isSpread(text, list)) return appendInline(source, list, member)
  const indent = indentAt(text, last.start)
  const comma = hasComma(text, last.end, list.end) ? [] : [{ at: last.end, text: ',' }]
  return insert(source, [
    ...comma,
    { at: beforeBracket(text, list), text: `\n${indent}${shift(text, member, indent)},` },
  ])
}

/** Puts a member before the one at `index`, which there is. */
export function insertMember(
  source: Source,
  list: List,
  { member, index }: { readonly member: string; readonly index: number },
): Source {
  const { text } = source
  const next = list.members[index]
  if (next === undefined) return appendMember(source, list, member)
  const previous = list.members[index - 1]
  const lineEnd = lineEndBetween(text, previous?.end ?? list.start + 1, next.start)
  const isOpen = lineEnd !== undefined && (previous === undefined || hasComma(text, previous.end, lineEnd))
  // Comments above the next member stay with it.
  if (!isOpen) return insert(source, [{ at: next.start, text: `${member}, ` }])
  const indent = indentAt(text, next.start)
  const at = text[lineEnd - 1] === '\r' ? lineEnd - 1 : lineEnd
  return insert(source, [{ at, text: `\n${indent}${shift(text, member, indent)},` }])
}

/** The first end of a line that is in no comment. */
function lineEndBetween(text: string, from: number, to: number): number | undefined {
  for (const { 0: found, index } of text.slice(from, to).matchAll(/\/\*[^]*?\*\/|\/\/[^\n]*|\n/g))
    if (found === '\n') return from + index
  return undefined
}

function fillEmpty(source: Source, list: List, member: string): Source {
  const { text } = source
  const outer = indentAt(text, list.start)
  const inner = outer + indentUnit(text)
  const hasComment = text.slice(list.start + 1, list.end - 1).trim() !== ''
  const filling = `\n${inner}${shift(text, member, inner)},`
  if (hasComment) return insert(source, [{ at: beforeBracket(text, list), text: filling }])
  return replace(source, { start: list.start + 1, end: list.end - 1 }, `${filling}\n${outer}`)
}

function appendInline(source: Source, list: List, member: string): Source {
  const { text } = source
  const last = list.members.at(-1)
  const lineStart = text.lastIndexOf('\n', list.start) + 1
  const lineEnd = text.indexOf('\n', list.end)
  const length = (lineEnd === -1 ? text.length : lineEnd) - lineStart + member.length + 2
  const isPlain = !/\/[/*]/.test(text.slice(list.start, list.end))
  if (last === undefined || (length <= longestLine && !member.includes('\n')) || !isPlain)
    return insert(source, [{ at: last?.end ?? list.start + 1, text: `, ${member}` }])
  const outer = indentAt(text, list.start)
  const inner = outer + indentUnit(text)
  const members = [...list.members.map(({ start, end }) => text.slice(start, end)), shift(text, member, inner)]
  const lines = members.map((each) => `${inner}${each},\n`).join('')
  return replace(source, { start: list.start + 1, end: list.end - 1 }, `\n${lines}${outer}`)
}

function isSpread(text: string, { start, members }: List): boolean {
  return text.slice(start, members[0]?.start).includes('\n')
}

function hasComma(text: string, from: number, to: number): boolean {
  return text
    .slice(from, to)
    .replaceAll(/\/\*[^]*?\*\/|\/\/[^\n]*/g, '')
    .includes(',')
}

/** Where the last line before the closing bracket ends. */
function beforeBracket(text: string, { start, end }: List): number {
  return start + 1 + text.slice(start + 1, end - 1).trimEnd().length
}

/** Indents further lines as the first one is, in the steps of the file. */
function shift(text: string, member: string, indent: string): string {
  const unit = indentUnit(text)
  return member.replaceAll(/\n( *)(?=\S)/g, (_, spaces: string) => `\n${indent}${unit.repeat(spaces.length / 2)}`)
}

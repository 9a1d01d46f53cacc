import { MagicString } from 'magic-string'
import { type CallExpression, parseSync, type Program, Visitor } from 'oxc-parser'

import { CommandFailure, exitCodes } from '../../exit-code.ts'

/** A file of TypeScript, and what it says. */
export interface Source {
  /** Absolute. */
  readonly path: string
  readonly text: string
  readonly program: Program
}

/** Text to be put in at an offset. */
export interface Insertion {
  readonly at: number
  readonly text: string
}

/** @throws CommandFailure for text that is no TypeScript. */
export function parseSource(path: string, text: string): Source {
  const { program, errors } = parseSync(path, text)
  const [first] = errors
  if (first === undefined) return { path, text, program }
  const line = text.slice(0, first.labels[0]?.start ?? 0).split('\n').length
  throw new CommandFailure(exitCodes.failed, `${path}:${line} cannot be read: ${first.message}. Nothing was changed.`)
}

/** The same file with more text in it, in the file's own line ends. Nothing else of it changes. */
export function insert(source: Source, insertions: readonly Insertion[]): Source {
  const { path, text } = source
  const edited = new MagicString(text)
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n'
  for (const insertion of insertions) edited.appendLeft(insertion.at, insertion.text.replaceAll('\n', lineEnd))
  return parseSource(path, edited.toString())
}

/** The same file with a piece of it written otherwise. */
export function replace(
  source: Source,
  { start, end }: { readonly start: number; readonly end: number },
  text: string,
): Source {
  const edited = new MagicString(source.text)
  edited.remove(start, end).appendLeft(start, text)
  return parseSource(source.path, edited.toString())
}

/** The first call of a function by its plain name. */
export function findCall({ program }: Source, name: string): CallExpression | undefined {
  let found: CallExpression | undefined
  new Visitor({
    CallExpression(call) {
      if (call.callee.type === 'Identifier' && call.callee.name === name) found ??= call
    },
  }).visit(program)
  return found
}

/** The number of the line on which an offset is. */
export function lineOf({ text }: Source, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

/** What stands before the first character of the line on which an offset is. */
export function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  return /^[ \t]*/.exec(text.slice(start))?.[0] ?? ''
}

/** What the file indents by. */
export function indentUnit(text: string): string {
  return /^(\t| +)\S/m.exec(text)?.[1] ?? '  '
}

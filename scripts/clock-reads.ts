import { Visitor, parseSync } from 'oxc-parser'

/** The lines on which a source says `new Date()` or `Date()`, which read the clock of the machine. */
export function clockReads(path: string, source: string): readonly number[] {
  const lines: number[] = []
  const note = (start: number): void => {
    lines.push(source.slice(0, start).split('\n').length)
  }
  new Visitor({
    NewExpression(node) {
      if (node.callee.type === 'Identifier' && node.callee.name === 'Date' && node.arguments.length === 0)
        note(node.start)
    },
    CallExpression(node) {
      if (node.callee.type === 'Identifier' && node.callee.name === 'Date') note(node.start)
    },
  }).visit(parseSync(path, source).program)
  return lines
}

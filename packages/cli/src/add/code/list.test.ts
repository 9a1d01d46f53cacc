import fc from 'fast-check'
import { expect, test } from 'vitest'

import { appendMember, insertMember } from './list.ts'
import { asArray, asObject, elementsOf, membersOf, propertiesOf } from './literals.ts'
import { findCall, parseSource, type Source } from './source.ts'

const read = (text: string): Source => parseSource('/app/holon.config.ts', text)
const objectIn = (source: Source) => asObject(findCall(source, 'define')?.arguments[0])!
const appended = (text: string, member: string): string => {
  const source = read(text)
  return appendMember(source, membersOf(objectIn(source)), member).text
}

test.each([
  ['where members have lines', 'define({\n  a: 1,\n  b: 2,\n})\n', 'define({\n  a: 1,\n  b: 2,\n  c: 3,\n})\n'],
  ['after one without a comma', 'define({\n  a: 1\n});\n', 'define({\n  a: 1,\n  c: 3,\n});\n'],
  ['after a comment', 'define({\n  a: 1, // the, first\n})\n', 'define({\n  a: 1, // the, first\n  c: 3,\n})\n'],
  [
    'after a comment that hides no comma',
    'define({\n  a: 1 // one, two\n})\n',
    'define({\n  a: 1, // one, two\n  c: 3,\n})\n',
  ],
  ['where all is in one line', 'define({ a: 1 })\n', 'define({ a: 1, c: 3 })\n'],
  ['where there is none', 'define({})\n', 'define({\n  c: 3,\n})\n'],
  ['where there is only a comment', 'define({\n  // nothing yet\n})\n', 'define({\n  // nothing yet\n  c: 3,\n})\n'],
  ['with tabs', 'define({\n\ta: 1,\n})\n', 'define({\n\ta: 1,\n\tc: 3,\n})\n'],
  ['with the line ends of Windows', 'define({\r\n  a: 1,\r\n})\r\n', 'define({\r\n  a: 1,\r\n  c: 3,\r\n})\r\n'],
  ['in an `as const`', 'define({ a: 1 } as const)\n', 'define({ a: 1, c: 3 } as const)\n'],
])('a member is put last %s', (_where, before, after) => {
  expect(appended(before, 'c: 3')).toBe(after)
})

test('further lines of a member are indented like the first, in the steps of the file', () => {
  const after = 'if (x) {\n\tdefine({\n\t\ta: 1,\n\t\tc: {\n\t\t\td: 1,\n\t\t},\n\t})\n}\n'
  expect(appended('if (x) {\n\tdefine({\n\t\ta: 1,\n\t})\n}\n', 'c: {\n  d: 1,\n}')).toBe(after)
})

test('a line that would be too long is broken', () => {
  const [a, b] = ['a'.repeat(60), 'b'.repeat(60)]
  const source = read(`define([${a}])\n`)
  const list = asArray(findCall(source, 'define')?.arguments[0])!
  expect(appendMember(source, elementsOf(list), b).text).toBe(`define([\n  ${a},\n  ${b},\n])\n`)
})

test('a member is put before another, which keeps its comment', () => {
  const put = (text: string, index: number): string => {
    const source = read(text)
    return insertMember(source, membersOf(objectIn(source)), { member: 'c: 3', index }).text
  }
  expect(put('define({\n  // first\n  a: 1,\n})', 0)).toBe('define({\n  c: 3,\n  // first\n  a: 1,\n})')
  expect(put('define({\n  a: 1, // one\n  // two\n  b: 2,\n})', 1)).toBe(
    'define({\n  a: 1, // one\n  c: 3,\n  // two\n  b: 2,\n})',
  )
  expect(put('define({ a: 1, b: 2 })', 1)).toBe('define({ a: 1, c: 3, b: 2 })')
  expect(put('define({ a: 1 })', 1)).toBe('define({ a: 1, c: 3 })')
  expect(put('define({})', 0)).toBe('define({\n  c: 3,\n})')
})

const gap = fc.constantFrom(
  '',
  ' ',
  '\n',
  '\n  ',
  '\n\t',
  '\r\n  ',
  ' /* , */ ',
  ' /* a,\n b */ ',
  ' // x, y\n',
  '\n  // {}\n  ',
)
const value = fc.constantFrom('1', "'a, b'", '{ x: 1 }', '[1, 2]', '() => import("./a.ts")', '`}`', '/[,}]/')

test('whatever a list looks like: the member is in it, and all else stays as it was', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(gap, value, gap), { maxLength: 4 }),
      gap,
      fc.boolean(),
      fc.nat(4),
      (members, tail, comma, at) => {
        const inner = members.map(([before, of, after], index) => `${before}k${index}: ${of}${after}`).join(',')
        const text = `before(1)\ndefine({${inner}${comma && members.length > 0 ? ',' : ''}${tail}}) // after\n`
        const source = read(text)
        const list = membersOf(objectIn(source))
        for (const edited of [
          appendMember(source, list, 'added: { y: 1 }'),
          insertMember(source, list, { member: 'added: { y: 1 }', index: Math.min(at, members.length) }),
        ]) {
          const names = [...propertiesOf(objectIn(edited)).keys()]
          expect(names.toSorted()).toEqual(['added', ...members.map((_, index) => `k${index}`)].toSorted())
          const bare = (code: string): string => code.replace(/added: \{ y: 1 \}/, '').replaceAll(/[\s,]+/g, '')
          expect(bare(edited.text)).toBe(bare(text))
        }
      },
    ),
    { numRuns: 2_000 },
  )
})

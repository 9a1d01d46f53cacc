import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { root } from '../workspaces.ts'
import { exampleProblems, examplesOf } from './examples.ts'
import { createExportReader, moduleComment } from './public-exports.ts'

const folder = join(root, 'scripts/fixtures/tsdoc')

test('exports are followed to their declarations, with the comment before those', () => {
  const found = createExportReader()(join(folder, 'entry.ts'))
  expect(found.map(({ name, isType, comment }) => [name, isType, comment !== undefined])).toEqual([
    ['described', false, true],
    ['renamed', false, false],
    ['Shape', true, true],
  ])
  expect(found[1]?.place).toBe('scripts/fixtures/tsdoc/declared.ts:18')
  expect(moduleComment(join(folder, 'entry.ts'))).toContain('An entry point.')
  expect(moduleComment(join(folder, 'declared.ts'))).toBeUndefined()
})

test('examples are taken out of comments with their places, and a mistake in one is told at its line', async () => {
  const source = readFileSync(join(folder, 'declared.ts'), 'utf8')
  expect(examplesOf('declared.ts', source)).toEqual([
    { path: 'declared.ts', line: 5, code: 'described(1)\n' },
    { path: 'declared.ts', line: 9, code: 'described(2)\ndescribed(3)' },
  ])
  const examples = [
    { path: 'good.ts', line: 7, code: "await ctx.inventory.left({ sku: 'p-1' })" },
    { path: 'bad.ts', line: 7, code: 'const one = 1\nawait ctx.inventory.left({ sku: one })' },
  ]
  const problems = await exampleProblems(examples, createExportReader())
  expect(problems).toEqual([expect.stringMatching(/^bad\.ts:8 .*number.*string/)])
})

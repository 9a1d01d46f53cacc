import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { surfaceOf } from './api-surface.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holon-api-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The surface of `index.d.ts` among the given declaration files. */
function surface(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return Object.fromEntries(surfaceOf(join(folder, 'index.d.ts')))
}

test('re-exports are followed to their declarations, and what is not exported stays out', () => {
  const found = surface({
    'index.d.ts': `export { call, type Options } from './call.ts'\nexport * from './error.ts'`,
    'call.d.ts': `export declare function call(options: Options): void;\nexport interface Options { ms: number }\nexport declare const hidden: 1;`,
    'error.d.ts': `export declare class Failed extends Error {}`,
  })
  expect(found).toEqual({
    call: 'export function call(options: Options): void;',
    Options: 'export interface Options { ms: number }',
    Failed: 'export class Failed extends Error {}',
  })
})

test('overloads, and a type and a value of one name, are all listed', () => {
  const found = surface({
    'index.d.ts': `export { event, Code } from './a.ts'`,
    'a.d.ts': `export declare function event(a: string): void;\nexport declare function event(a: number): void;\ndeclare const Code: { a: 1 };\ntype Code = 1;\nexport { Code };`,
  })
  expect(found['event']).toBe('export function event(a: string): void;\nexport function event(a: number): void;')
  expect(found['Code']).toContain('const Code: { a: 1 };')
  expect(found['Code']).toContain('type Code = 1;')
})

test('what comes from another package is named with it, and a new name is shown', () => {
  const found = surface({
    'index.d.ts': `export { delay } from '@holon/contract'\nexport { a as b } from './a.ts'`,
    'a.d.ts': `export declare const a: 1;`,
  })
  expect(found).toEqual({
    delay: `export { delay } from '@holon/contract'`,
    b: 'export const a: 1;\n// exported as b',
  })
})

test('comments are left out, so that prose can change without a review of the surface', () => {
  const found = surface({ 'index.d.ts': `export interface A {\n  /** How long. */\n  ms: number;\n}` })
  expect(found['A']).toBe('export interface A {\n  ms: number;\n}')
})

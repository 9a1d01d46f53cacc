import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { createPlayground, type Playground } from '../support/holon-process.ts'

let playground: Playground

beforeEach(() => {
  playground = createPlayground('trio')
  // What Node tells by itself depends on it.
  write('package.json', '{ "type": "module" }')
})

afterEach(async () => {
  await playground.untilNothingRuns(5_000)
  await playground[Symbol.asyncDispose]()
})

const write = (path: string, text: string): void => writeFileSync(join(playground.folder, path), text)

const mistakes = [
  [
    'a decorator',
    'const log = (x: unknown) => x\n\n@log\nexport class A {}\n',
    3,
    'function calls instead of decorators',
  ],
  [
    'an enum',
    'export const a: number = 1\nenum Color { Red }\nexport default Color\n',
    2,
    'const object instead of an enum',
  ],
  ['a parameter property', 'export class A {\n  constructor(readonly x: number) {}\n}\n', 2, 'fields instead of'],
  ['a name declared twice', 'const a: number = 1\nexport const b = a\nconst a = 2\n', 3, 'already been declared'],
] as const

describe.each(mistakes)('%s in a file that a service imports', (_what, text, line, remedy) => {
  beforeEach(() => {
    write('services/greeter/wrong.ts', text)
    write('services/greeter/service.ts', `import './wrong.ts'\nexport default 1\n`)
  })

  test.each([['start'], ['graph']])('is named with file, line and remedy by holon %s', async (command) => {
    const { code, stderr } = await playground.run([command])
    expect(code).toBe(1)
    expect(stderr).toMatch(/'greeter' cannot be loaded/)
    expect(stderr).toContain(`services/greeter/wrong.ts:${line}`)
    expect(stderr).toContain(remedy)
    expect(stderr).not.toContain('node:internal')
  })
})

test('the same mistake in the configuration', async () => {
  write('wrong.ts', mistakes[0][1])
  write('holon.config.ts', `import './wrong.ts'\nexport default 1`)
  for (const command of ['start', 'graph']) {
    const { code, stderr } = await playground.run([command])
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('wrong.ts:3') as unknown })
    expect(stderr).toMatch(/holon\.config\.ts cannot be loaded/)
  }
})

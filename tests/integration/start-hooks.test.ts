import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { createPlayground, type Playground } from '../support/holon-process.ts'

let playground: Playground

beforeEach(() => {
  playground = createPlayground('trio')
})

afterEach(async () => {
  await playground[Symbol.asyncDispose]()
})

/** An app of two services that use each other, each with its own start hook. */
function writeApp(hooks: { readonly first: string; readonly second: string }): void {
  const { folder } = playground
  writeFileSync(
    join(folder, 'holon.config.ts'),
    `import { defineApp } from 'holon'
export default defineApp({ name: 'pair', services: { first: () => import('./first.ts'), second: () => import('./second.ts') } })`,
  )
  writeFileSync(
    join(folder, 'contracts.ts'),
    `import { defineContract, query } from 'holon'
import { z } from 'zod'
export const first = defineContract('first', { operations: { hello: query({ output: z.string() }) } })
export const second = defineContract('second', { operations: { hello: query({ output: z.string() }) } })`,
  )
  for (const [own, other] of [
    ['first', 'second'],
    ['second', 'first'],
  ] as const)
    writeFileSync(
      join(folder, `${own}.ts`),
      `import { defineService } from 'holon'
import { ${own}, ${other} } from './contracts.ts'
export default defineService(${own}, { uses: { ${other} }, operations: { hello: () => '${own} says hello' }, ${hooks[own]} })`,
    )
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
}

describe.each([
  ['in one process', []],
  ['split', ['--split']],
])('start hooks, %s', (_placement, options) => {
  test('may call a service that has not started yet, and that uses theirs', async () => {
    writeApp({
      first: `start: async (scope) => scope.log.info('heard: ' + (await scope.second.hello()))`,
      second: `start: () => new Promise((resolve) => setTimeout(resolve, 300))`,
    })
    const holon = playground.start(['start', ...options])
    await holon.until(/pair is ready in/)
    expect(holon.output()).toMatch(/heard: second says hello/)
  })

  test('that wait for each other end the start, and the circle is named', async () => {
    writeApp({
      first: `start: async (scope) => void (await scope.second.hello())`,
      second: `start: async (scope) => void (await scope.first.hello())`,
    })
    const { code, stderr } = await playground.run(['start', ...options])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /wait for each other in their start hooks: '(first' → 'second' → 'first|second' → 'first' → 'second)'/,
    )
    expect(stderr).not.toContain('    at ')
    await playground.untilNothingRuns(5_000)
  })

  test('that hang end the start, and the service is named', async () => {
    writeApp({ first: `startTimeoutMs: 200, start: () => new Promise(() => {})`, second: '' })
    const { code, stderr } = await playground.run(['start', ...options])
    expect(code).toBe(1)
    expect(stderr).toMatch(/Service 'first' could not start: its start hook did not end within 200 ms/)
  })
})

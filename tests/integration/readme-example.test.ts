import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { freePort } from '../support/free-port.ts'
import { createPlayground, type Playground } from '../support/holon-process.ts'

const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8')
const blockOf = (language: string): string => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(readme)?.[1] ?? ''

let playground: Playground

beforeEach(() => {
  playground = createPlayground('trio')
})

afterEach(async () => {
  await playground[Symbol.asyncDispose]()
})

test('the first example of the README runs as it is written, with the commands that are written below it', async () => {
  const example = blockOf('ts')
  const [start, call] = blockOf('sh').split('\n')
  const args = /^npx holon (.*?) +#/.exec(start ?? '')?.[1]?.split(' ')
  const [, url, answer] = /^curl (\S+) +# (.*)$/.exec(call ?? '') ?? []
  expect({ args, url, answer }).not.toContain(undefined)
  rmSync(join(playground.folder, 'holon.config.ts'))
  writeFileSync(join(playground.folder, /^\/\/ (.*)\n/.exec(example)?.[1] ?? ''), example)

  // The port alone may be another's on this machine.
  const port = await freePort()
  const holon = playground.start(args ?? [], { PORT: String(port) })
  await holon.until(/greetings is ready in/)
  const response = await fetch((url ?? '').replace(':8080/', `:${port}/`))
  expect(await response.text()).toBe(answer)
  holon.signal('SIGINT')
  expect(await holon.ended()).toBe(0)
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { createPlayground, type Playground } from '../support/holon-process.ts'

/** The services and the external process print their environment, and that of a process that they start. */
function printEnvironments({ folder }: Playground): void {
  const print = (name: string): string => `
import { execFileSync } from 'node:child_process'
console.log('environment of ${name}: ' + JSON.stringify(process.env))
console.log('started by ${name}: ' + execFileSync(process.execPath, ['-p', 'JSON.stringify(process.env)']).toString().trim())
`
  const files = { counter: 'services/counter/service.ts', greeter: 'services/greeter/service.ts', stamp: 'stamp.ts' }
  for (const [name, path] of Object.entries(files)) {
    const file = join(folder, path)
    writeFileSync(file, `${print(name)}${readFileSync(file, 'utf8')}`)
  }
}

const whoSees = (output: string, secret: string): readonly string[] =>
  output.split('\n').flatMap((line) => (line.includes(secret) ? (/(?:of|started by) \w+:/.exec(line) ?? [line]) : []))

test('neither a service nor what it starts finds the secret of the links, or the database of a service elsewhere', async () => {
  await using playground = createPlayground('trio')
  printEnvironments(playground)
  const holon = playground.start(['start', '--split'], {
    COUNTER_DATABASE_URL: 'postgres://counter:its-password@nowhere/counter',
    HOLON_LINK_SECRET: 'meant-for-holon-run-0123456789-0123456789',
  })
  await holon.until(/trio is ready in/)
  const access = JSON.parse(readFileSync(join(playground.data, 'run', 'admin.json'), 'utf8')) as Record<string, string>
  const registry = await fetch(`${access['url']}/api/registry`, {
    headers: { authorization: `Bearer ${access['token']}` },
  })
  const { linkSecret } = (await registry.json()) as { linkSecret: string }
  for (const name of ['counter', 'greeter', 'stamp']) expect(holon.output()).toContain(`environment of ${name}: {`)
  expect(whoSees(holon.output(), linkSecret)).toEqual([])
  expect(whoSees(holon.output(), 'meant-for-holon-run')).toEqual([])
  expect(whoSees(holon.output(), 'its-password')).toEqual(['of counter:', 'started by counter:'])
})

test('a group that runs alone keeps the secret of the links to itself, too', async () => {
  await using playground = createPlayground('trio')
  printEnvironments(playground)
  const HOLON_LINK_SECRET = 'shared-by-all-instances-0123456789-0123456789'
  const alone = playground.start(['run', '--group', 'main', '--services', 'counter', '--listen', '127.0.0.1:0'], {
    HOLON_LINK_SECRET,
  })
  await alone.until(/"msg":"instance ready/)
  expect(alone.output()).toContain('environment of counter: {')
  expect(whoSees(alone.output(), HOLON_LINK_SECRET)).toEqual([])
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import {
  createPlayground,
  eventually,
  type Playground,
  readStatus,
  type RunningCommand,
} from '../support/holon-process.ts'

let playground: Playground
let holon: RunningCommand

beforeAll(async () => {
  playground = createPlayground('trio')
  writeFileSync(join(playground.folder, '.env'), 'TRIO_FROM_FILE=1\nTRIO_BOTH=file\n')
  holon = playground.start(['dev', '--split'], { TRIO_BOTH: 'real' })
  await holon.until(/trio is ready in/)
})

afterAll(async () => {
  await playground[Symbol.asyncDispose]()
})

async function pids(): Promise<Readonly<Record<string, number | undefined>>> {
  const { groups, processes } = await readStatus(playground)
  const instances = groups.flatMap((group) => group.instances)
  return Object.fromEntries([...instances, ...processes].map(({ name, pid }) => [name, pid]))
}

/** Changes a file and resolves when `ready` is, with the names of the processes that are others than before. */
async function change(file: string, edit: (text: string) => string, ready: RegExp): Promise<readonly string[]> {
  const before = await pids()
  const from = holon.output().length
  const path = join(playground.folder, file)
  writeFileSync(path, edit(readFileSync(path, 'utf8')))
  await holon.until(ready, { from })
  const after = await eventually(async () => {
    const { groups, processes } = await readStatus(playground)
    const all = [...groups.flatMap(({ instances }) => instances), ...processes]
    return all.every(({ state }) => state === 'ready') ? pids() : undefined
  })
  return Object.keys(after).filter((name) => after[name] !== before[name])
}

async function greet(): Promise<{ readonly text?: string; readonly pid?: number }> {
  const { stdout } = await playground.run(['call', 'greeter.hello', '{"name":"Ann"}'])
  return stdout === '' ? {} : (JSON.parse(stdout) as { text: string })
}

test('call --as makes a call for a user, with claims; without it one is told how', async () => {
  const anonymous = await playground.run(['call', 'journal.mine'])
  expect(anonymous).toMatchObject({ code: 4, stderr: expect.stringContaining('--as <subject>') as unknown })
  const { code, stdout } = await playground.run(['call', 'journal.mine', '--as', 'ann', '--claims', '{"role":"admin"}'])
  expect({ code, answer: JSON.parse(stdout) as unknown }).toEqual({
    code: 0,
    answer: { subject: 'ann', issuer: 'holon call', role: 'admin' },
  })
  for (const wrong of [
    ['--claims', '{}'],
    ['--as', ''],
    ['--as', 'ann', '--claims', '[]'],
  ])
    expect((await playground.run(['call', 'journal.mine', ...wrong])).code).toBe(2)
  const inherited = await playground.run(['call', 'journal.toString'])
  expect(inherited).toMatchObject({ code: 2, stderr: expect.stringContaining("no operation 'toString'") as unknown })
})

test('a changed service is restarted, and no other process is', async () => {
  const edit = (text: string): string => text.replace('Hello, ', 'Good day, ')
  const restarted = await change('services/greeter/service.ts', edit, /greeter-1 ready/)
  expect(restarted).toEqual(['greeter-1'])
  expect(holon.output()).toContain('services/greeter/service.ts changed; restarting greeter')
  expect((await greet()).text).toBe('Good day, Ann!')
})

test('a changed contract restarts every process that has loaded it', async () => {
  const edit = (text: string): string => `${text}\n// changed\n`
  const restarted = await change('services/counter/contract.ts', edit, /greeter-1 ready/)
  expect(restarted.toSorted()).toEqual(['counter-1', 'greeter-1'])
})

test('a changed external program is restarted alone', async () => {
  const restarted = await change('stamp.ts', (text) => `${text}\n// changed\n`, /stamp ready/)
  expect(restarted).toEqual(['stamp'])
})

test('a file that is no code of a service restarts everything', async () => {
  const from = holon.output().length
  const restarted = await change('.env', (text) => `${text}TRIO_LATER=1\n`, /journal-1 ready/)
  await holon.until(/gateway-1 ready/, { from })
  expect(restarted).toEqual(expect.arrayContaining(['counter-1', 'greeter-1', 'journal-1', 'gateway-1']))
})

test('.env is read in development, and the real environment goes before it', async () => {
  const { stdout } = await playground.run(['call', 'journal.entries'])
  const { variables } = JSON.parse(stdout) as { variables: readonly string[] }
  expect(variables.toSorted()).toEqual(['TRIO_BOTH', 'TRIO_FROM_FILE', 'TRIO_LATER'])
  const { groups } = await readStatus(playground)
  const pid = groups.find(({ name }) => name === 'journal')?.instances[0]?.pid
  expect(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')).toContain('TRIO_BOTH=real')
})

test('a service that no longer loads is reported, and runs again once it is mended', async () => {
  const path = join(playground.folder, 'services/greeter/service.ts')
  const good = readFileSync(path, 'utf8')
  const from = holon.output().length
  writeFileSync(path, `${good}\nexport default broken(`)
  await holon.until(/greeter-1 failed: [^]*SyntaxError/, { from })
  const broken = (await readStatus(playground)).groups.find(({ name }) => name === 'greeter')?.instances[0]
  expect([broken?.state, broken?.pid]).toEqual(['failed', undefined])
  const mended = holon.output().length
  writeFileSync(path, good)
  await holon.until(/greeter-1 ready/, { from: mended })
  expect((await greet()).text).toBe('Good day, Ann!')
})

test('a changed placement starts the processes that it asks for', async () => {
  const from = holon.output().length
  const config = join(playground.folder, 'holon.config.ts')
  const text = readFileSync(config, 'utf8')
  writeFileSync(config, text.replace(/processes: \{[^]*\n {2}\},\n/, ''))
  await holon.until(/stamp stopped[^]*journal-1 ready/, { from })
  const { processes } = await eventually(async () => {
    const status = await readStatus(playground)
    return status.processes.length === 0 ? status : undefined
  })
  expect(processes).toEqual([])
  expect((await greet()).text).toBe('Good day, Ann!')
})

test('a configuration that no longer loads is reported, and what runs goes on', async () => {
  const config = join(playground.folder, 'holon.config.ts')
  const text = readFileSync(config, 'utf8')
  const from = holon.output().length
  writeFileSync(config, `${text}\nexport default {`)
  await holon.until(/hot restart failed[^]*SyntaxError/, { from })
  const { gatewayUrl } = await readStatus(playground)
  const answer = (await (await fetch(`${gatewayUrl}/hello/Ann`)).json()) as { text: string }
  expect(answer.text).toBe('Good day, Ann!')
  const mended = holon.output().length
  writeFileSync(config, text)
  await holon.until(/journal-1 ready/, { from: mended })
  holon.signal('SIGINT')
  expect(await holon.ended()).toBe(0)
  expect(playground.survivors()).toEqual([])
})

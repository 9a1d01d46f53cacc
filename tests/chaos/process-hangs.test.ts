import { setTimeout as sleep } from 'node:timers/promises'

import type { InstanceStatus, SupervisorStatus } from '@holon/supervisor'
import { afterEach, beforeEach, expect, test } from 'vitest'

import {
  createPlayground,
  eventually,
  type Playground,
  readStatus,
  type RunningCommand,
} from '../support/holon-process.ts'

/** As in the fixture's configuration. */
const hangTimeoutMs = 2_000

let playground: Playground

beforeEach(() => {
  playground = createPlayground('hangs')
})

afterEach(async () => {
  await playground[Symbol.asyncDispose]()
})

async function start(args: readonly string[] = [], environment?: Record<string, string>): Promise<RunningCommand> {
  const holon = playground.start(['start', ...args], environment)
  await holon.until(/hangs is ready in/)
  return holon
}

const instanceOf = ({ groups }: SupervisorStatus, group: string): InstanceStatus | undefined =>
  groups.find(({ name }) => name === group)?.instances[0]

async function untilAnswered(): Promise<number> {
  return eventually(async () => {
    const { code, stdout } = await playground.run(['call', 'maze.where'])
    return code === 0 ? (JSON.parse(stdout) as { pid: number }).pid : undefined
  })
}

test.each([
  ['in one process', [], 'main'],
  ['split', ['--split'], 'maze'],
])('a handler that never returns is named, its process is killed and started again, %s', async (_, args, group) => {
  const holon = await start(args)
  const before = await untilAnswered()
  const call = playground.run(['call', 'maze.wander'])
  await holon.until(
    new RegExp(
      `${group}-1 failed: it did not answer for 2 s and was killed; it was in turnForEver \\(file:.*/maze/service\\.ts:\\d+:\\d+\\); running: maze\\.wander \\(called by cli, for \\d\\.\\d s\\)`,
    ),
  )
  expect((await call).code).toBe(4)
  expect(await untilAnswered()).not.toBe(before)
  expect(instanceOf(await readStatus(playground), group)).toMatchObject({ state: 'ready', restarts: 1 })
})

test('a regular expression that explodes is found the same way, although it is no code of the handler', async () => {
  const holon = await start()
  expect(holon.output()).toContain('in the input of maze.match takes exponential time')
  const call = playground.run(['call', 'maze.match', JSON.stringify({ text: `${'a'.repeat(60)}!` })])
  await holon.until(
    /main-1 failed: it did not answer for 2 s and was killed; it was in .*; running: maze\.match \(called by cli/,
  )
  // The address at which it was asked is a secret.
  expect(holon.output()).not.toMatch(/ws:|Debugger/)
  await call
  await untilAnswered()
})

test('a process that is stopped is seen as hung, killed, and started again', async () => {
  const holon = await start()
  const pid = await untilAnswered()
  process.kill(pid, 'SIGSTOP')
  await eventually(async () => (await playground.run(['ps'])).stdout.match(/^main-1 +hung +/m) ?? undefined)
  await holon.until(/main-1 failed: it did not answer for 2 s and was killed; it is stopped, as by SIGSTOP/)
  expect(await untilAnswered()).not.toBe(pid)
})

test('an external process that answers nobody any more is started again, and not one that is only not ready', async () => {
  const holon = await start()
  const [door] = (await readStatus(playground)).processes
  await sleep(2 * hangTimeoutMs)
  process.kill(door?.pid ?? 0, 'SIGSTOP')
  await holon.until(/door failed: it did not answer for 2 s and was killed; nothing answered GET \/health/)
  await holon.until(/door ready/, { from: holon.output().indexOf('door failed') })
  expect((await readStatus(playground)).processes[0]).toMatchObject({ restarts: 1 })
})

test('when the supervisor itself was stopped for a while, nothing is killed', async () => {
  const holon = await start(['--split'])
  const pid = await untilAnswered()
  holon.signal('SIGSTOP')
  await sleep(3 * hangTimeoutMs)
  holon.signal('SIGCONT')
  // Long enough to ask all questions anew.
  await sleep(2 * hangTimeoutMs)
  expect(await untilAnswered()).toBe(pid)
  expect(holon.output()).not.toContain('was killed')
})

test('a process that a debugger may hold is shown as hung, and lives', async () => {
  await start(['--split'], { NODE_OPTIONS: '--inspect=127.0.0.1:0' })
  const pid = await untilAnswered()
  void playground.run(['call', 'maze.wander', '--timeout', '10s']).catch(() => undefined)
  const hung = async (): Promise<true | undefined> =>
    instanceOf(await readStatus(playground), 'maze')?.state === 'hung' ? true : undefined
  await eventually(hung)
  await sleep(2 * hangTimeoutMs)
  expect(instanceOf(await readStatus(playground), 'maze')).toMatchObject({ state: 'hung', pid, restarts: 0 })
})

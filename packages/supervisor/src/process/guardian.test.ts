import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

import { afterEach, expect, test } from 'vitest'

import { startGuardian } from './guardian.ts'

const started: ChildProcess[] = []

// A test that fails must not leave its shells behind.
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

/** A shell that does `script` and then waits; resolves once it has begun. */
async function startShell(script: string): Promise<{ readonly pid: number; readonly exit: Promise<unknown[]> }> {
  const child = spawn('/bin/sh', ['-c', `${script}; echo begun; while :; do sleep 0.05; done`], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  started.push(child)
  const exit = once(child, 'exit', { signal: AbortSignal.timeout(20_000) })
  await once(child.stdout, 'data')
  return { pid: child.pid ?? 0, exit }
}

test('closing it ends what it watches, with the signal that was named, and leaves alone what was released', async () => {
  const guardian = startGuardian(() => undefined)
  const watched = await startShell('true')
  const database = await startShell("trap 'exit 9' INT")
  const released = await startShell('true')
  guardian.watch({ target: watched.pid, signal: 'SIGTERM', stage: 'process' })
  guardian.watch({ target: database.pid, signal: 'SIGINT', stage: 'database' })
  guardian.watch({ target: released.pid, signal: 'SIGTERM', stage: 'process' })()
  await guardian.close()
  expect(await watched.exit).toEqual([null, 'SIGTERM'])
  expect(await database.exit).toEqual([9, null])
  expect(process.kill(released.pid, 0)).toBe(true)
  process.kill(released.pid, 'SIGKILL')
  await released.exit
})

test('a whole process group ends, and what ignores the signal is killed', async () => {
  const guardian = startGuardian(() => undefined)
  const stubborn = await startShell("trap '' TERM")
  guardian.watch({ target: -stubborn.pid, signal: 'SIGTERM', stage: 'process' })
  await guardian.close()
  expect(await stubborn.exit).toEqual([null, 'SIGKILL'])
})

test('signals of a terminal do not end it, and one that was killed is replaced by one that knows the same', async () => {
  const lost = Promise.withResolvers<void>()
  const guardian = startGuardian(() => lost.resolve())
  const watched = await startShell('true')
  guardian.watch({ target: watched.pid, signal: 'SIGTERM', stage: 'process' })
  const first = guardian.pid ?? 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(first, signal)
  expect(process.kill(first, 0)).toBe(true)
  process.kill(first, 'SIGKILL')
  await lost.promise
  expect(guardian.pid).not.toBe(first)
  await guardian.close()
  expect(await watched.exit).toEqual([null, 'SIGTERM'])
})

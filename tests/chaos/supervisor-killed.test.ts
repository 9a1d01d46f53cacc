import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { createPlayground, readStatus } from '../support/holon-process.ts'

test('when the supervisor is killed with SIGKILL, nothing that it started survives, and the next start works', async () => {
  await using playground = createPlayground('trio')
  const holon = playground.start(['start', '--split'])
  await holon.until(/trio is ready in/)
  expect(playground.survivors().length).toBeGreaterThanOrEqual(7)
  holon.signal('SIGKILL')
  expect(await holon.ended()).toBe('SIGKILL')
  await playground.untilNothingRuns()
  const again = playground.start(['start'])
  await again.until(/trio is ready in/)
  again.signal('SIGTERM')
  expect(await again.ended()).toBe(0)
  expect(playground.survivors()).toEqual([])
})

test('a process that hangs does not survive the supervisor either', async () => {
  await using playground = createPlayground('trio')
  const holon = playground.start(['start', '--split'])
  await holon.until(/trio is ready in/)
  void playground.run(['call', 'journal.hang', '--timeout', '10s']).catch(() => undefined)
  await holon.until(/journal hangs from now on/)
  holon.signal('SIGKILL')
  await playground.untilNothingRuns(60_000)
})

test('a stop does not wait longer than it says for a process that hangs, and says that it had to kill it', async () => {
  await using playground = createPlayground('trio')
  const holon = playground.start(['start', '--split'])
  await holon.until(/trio is ready in/)
  void playground.run(['call', 'journal.hang', '--timeout', '10s']).catch(() => undefined)
  await holon.until(/journal hangs from now on/)
  holon.signal('SIGTERM')
  expect(await holon.ended(14_000)).toBe(1)
  expect(holon.output()).toContain('journal-1 failed: it did not end in time and was killed')
  expect(holon.output()).toContain('Not everything ended as it should: journal-1: killed by SIGKILL')
})

test('a second signal ends everything at once', async () => {
  await using playground = createPlayground('trio')
  const holon = playground.start(['start', '--split'])
  await holon.until(/trio is ready in/)
  const { groups } = await readStatus(playground)
  const pid = groups.find(({ name }) => name === 'journal')?.instances[0]?.pid ?? 0
  void playground.run(['call', 'journal.hang', '--timeout', '10s']).catch(() => undefined)
  await holon.until(/journal hangs from now on/)
  holon.signal('SIGINT')
  await holon.until(/Press Ctrl-C again/)
  // One that follows at once is the same signal, passed on by npm.
  holon.signal('SIGINT')
  await sleep(400)
  expect(holon.output()).not.toContain('Ending everything at once')
  holon.signal('SIGINT')
  expect(await holon.ended(6_000)).toBe(0)
  expect(playground.survivors().filter((survivor) => survivor === pid)).toEqual([])
})

test('a guardian that is killed is replaced', async () => {
  await using playground = createPlayground('trio')
  const holon = playground.start(['start'])
  await holon.until(/trio is ready in/)
  const guardian = playground
    .survivors()
    .find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('guardian.sh'))
  process.kill(guardian ?? 0, 'SIGKILL')
  await holon.until(/guardian failed: it was killed; a new one runs/)
  holon.signal('SIGKILL')
  await playground.untilNothingRuns()
})

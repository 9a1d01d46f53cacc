import type { Observation } from '@holon/contract'
import { ManualPlatform } from '@holon/contract/manual-platform'
import { expect, inject, test } from 'vitest'

import type { Exit } from '../process/launch.ts'
import { type DatabaseServer, KeptDatabase } from './kept-database.ts'

function setUp(failures = 0): {
  readonly platform: ManualPlatform
  readonly database: KeptDatabase
  readonly servers: readonly { die(): void }[]
  readonly told: readonly string[]
  readonly watched: ReadonlySet<number>
} {
  const platform = new ManualPlatform({ random: () => 0.5, lateMs: inject('lateMs') })
  const servers: { die(): void }[] = []
  const told: string[] = []
  const watched = new Set<number>()
  let left = failures
  const start = (): Promise<DatabaseServer> => {
    if (left > 0) {
      left -= 1
      return Promise.reject(new Error('no space left'))
    }
    const exited = Promise.withResolvers<Exit>()
    const pid = 500 + servers.length
    servers.push({ die: () => exited.resolve({ code: null, signal: 'SIGKILL' }) })
    return Promise.resolve({
      pid,
      exited: exited.promise,
      provision: (service: string) => Promise.resolve(`postgres://${pid}/${service}`),
      close: () => Promise.resolve(exited.resolve({ code: 0, signal: null })),
    })
  }
  const observe = (observation: Observation): void => {
    if (observation.kind === 'lifecycle') told.push(observation.state)
  }
  const guardian = {
    pid: 1,
    close: () => Promise.resolve(),
    watch: ({ target }: { readonly target: number }) => {
      watched.add(target)
      return () => void watched.delete(target)
    },
  }
  const database = new KeptDatabase({ platform, observer: { observe }, guardian, start })
  return { platform, database, servers, told, watched }
}

test('the server is started once, by the first service that needs it, and watched by the guardian', async () => {
  const { database, servers, watched } = setUp()
  expect(servers).toHaveLength(0)
  const urls = await Promise.all([database.provide('a', 'postgres'), database.provide('b', 'postgres')])
  expect(urls).toEqual(['postgres://500/a', 'postgres://500/b'])
  expect([...watched]).toEqual([500])
  await database.close()
  expect([...watched]).toEqual([])
})

test('a server that dies is started again', async () => {
  const { platform, database, servers, told, watched } = setUp()
  await database.provide('a', 'postgres')
  servers[0]?.die()
  await platform.pass(0)
  expect(database.pid).toBeUndefined()
  await platform.pass(1_000)
  expect(database.pid).toBe(501)
  expect([...watched]).toEqual([501])
  expect(await database.provide('a', 'postgres')).toBe('postgres://501/a')
  expect(told).toEqual(['starting', 'ready', 'failed', 'starting', 'ready'])
})

test('whoever asks while it is started again waits for the new server, and there is only one', async () => {
  const { platform, database, servers } = setUp()
  await database.provide('a', 'postgres')
  servers[0]?.die()
  await platform.pass(0)
  const urls = Promise.all([database.provide('a', 'postgres'), database.provide('b', 'postgres')])
  await platform.pass(1_000)
  expect(await urls).toEqual(['postgres://501/a', 'postgres://501/b'])
  expect(servers).toHaveLength(2)
})

test('a start that failed may be tried again', async () => {
  const { database } = setUp(1)
  await expect(database.provide('a', 'postgres')).rejects.toThrow('no space left')
  expect(await database.provide('a', 'postgres')).toBe('postgres://500/a')
})

test('a server that was closed stays closed', async () => {
  const { platform, database, servers } = setUp()
  await database.provide('a', 'postgres')
  await database.close()
  await platform.pass(60_000)
  expect(servers).toHaveLength(1)
  await expect(database.provide('a', 'postgres')).rejects.toThrow('stopping')
})

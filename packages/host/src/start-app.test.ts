import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { defineApp, defineService } from '@holon/app'
import { command, defineContract, event, type Observation, query } from '@holon/contract'
import { sqlite } from '@holon/data/sqlite'
import { expose } from '@holon/gateway/definition'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { SettingFailure, startApp, startGroup, type StartOptions } from './index.ts'

const tea = defineContract('tea', {
  operations: {
    pour: command({ http: 'POST /tea', auth: 'none', output: { type: 'string' } }),
    whoAsks: query({ auth: 'optional', output: { type: 'string' } }),
  },
  events: { poured: event({ data: { type: 'object', properties: { cup: { type: 'integer' } } } }) },
})
const log = defineContract('log', { operations: { cups: query({ output: { type: 'integer' } }) } })

const cups: number[] = []
const services = {
  tea: () =>
    Promise.resolve({
      default: defineService(tea, {
        store: sqlite(),
        operations: {
          pour: async (_input, ctx) => {
            await ctx.store.transaction((tx) => tx.publish(tea.events.poured, { cup: 1 }))
            return 'poured'
          },
          whoAsks: (_input, ctx) => ctx.identity?.subject ?? 'nobody',
        },
      }),
    }),
  log: () =>
    Promise.resolve({
      default: defineService(log, {
        subscriptions: (on) => [on(tea.events.poured, (data) => void cups.push((data as { cup: number }).cup))],
        operations: { cups: () => cups.length },
      }),
    }),
}
const app = defineApp({ name: 'teahouse', services, gateway: { expose: [expose(tea, ['pour'])] } })

let folder: string
const observations: Observation[] = []
const options = (): StartOptions => ({
  environment: {},
  dataFolder: folder,
  gateway: { port: 0 },
  observer: { observe: (observation) => void observations.push(observation) },
})

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holon-host-'))
  cups.length = 0
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a whole app in an own program', () => {
  test('answers over HTTP and by a typed client, moves its events, and keeps its data in its folder', async () => {
    await using running = await startApp(app, options())
    expect(await (await fetch(`${running.gatewayUrl}/tea`, { method: 'POST' })).json()).toBe('poured')
    expect(await running.client(tea).whoAsks()).toBe('nobody')
    const identity = { subject: 'ann', issuer: 'test', claims: {} }
    expect(await running.client(tea, { identity }).whoAsks()).toBe('ann')
    await expect.poll(() => running.client(log).cups()).toBe(1)
    expect(await running.check()).toMatchObject({ ready: true })
    expect(readdirSync(join(folder, 'sqlite'))).toEqual(expect.arrayContaining(['holon-bus.db', 'tea.db']))
  })

  test('a start that fails leaves nothing open: the same program can start it again', async () => {
    const broken = defineApp({
      name: 'broken',
      services: { ...services, late: () => Promise.reject(new Error('no such module')) },
    })
    await expect(startApp(broken, options())).rejects.toThrow("service 'late' cannot be loaded")
    await using running = await startApp(app, options())
    expect(await running.client(tea).pour()).toBe('poured')
  })
})

describe('one group in an own program', () => {
  test('calls another one by its address', async () => {
    const split = defineApp({ name: 'teahouse', services, placement: { house: ['tea'], rest: '*' }, bus: memory() })
    const path = join(folder, 'house.sock')
    const linkSecret = 'a-secret-that-both-groups-share-0123456789'
    await using house = await startGroup(split, { ...options(), group: 'house', listen: { path }, linkSecret })
    const peers = [{ instance: 'house', address: { path }, services: [{ name: 'tea', fingerprint: '', uses: [] }] }]
    await using rest = await startGroup(split, { ...options(), group: 'rest', peers, linkSecret })
    expect(await rest.client(tea).whoAsks()).toBe('nobody')
    expect(await house.check()).toMatchObject({ ready: true })
    const waiting = { timeoutMs: 100 }
    await expect(house.client(log).cups(undefined, waiting)).rejects.toThrow('log.cups did not answer')
  })

  test.each([
    [{ group: 'cellar' }, "There is no group 'cellar'; the placement has house, rest."],
    [{}, 'Which group? The placement has house, rest.'],
    [{ group: 'house', listen: { host: '127.0.0.1', port: 0 } }, 'listen needs HOLON_LINK_SECRET'],
    [{ group: 'house', environment: { PORT: 'high' } }, "PORT is 'high'; a port is a whole number from 0 to 65535."],
    [{ group: 'house', environment: { HOLON_PEERS: '{' } }, 'HOLON_PEERS is not JSON'],
  ])('%o is refused, saying what may be', async (wrong, message) => {
    const split = defineApp({ name: 'teahouse', services, placement: { house: ['tea'], rest: '*' } })
    const { gateway: _port, ...rest } = options()
    const starting = startGroup(split, { ...rest, ...wrong })
    await expect(starting).rejects.toThrow(message)
    await expect(starting).rejects.toBeInstanceOf(SettingFailure)
  })
})

/** A bus of this process alone: what is tested here has nothing to do with it. */
function memory(): NonNullable<Parameters<typeof defineApp>[0]['bus']> {
  return { kind: 'memory', open: async ({ platform }) => (await import('@holon/events')).memoryBus(platform).connect() }
}

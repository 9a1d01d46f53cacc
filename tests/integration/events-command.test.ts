import { setTimeout as sleep } from 'node:timers/promises'

import { afterAll, beforeAll, expect, test } from 'vitest'

import app from '../fixtures/parcels/holon.config.ts'
import { depot } from '../fixtures/parcels/services/depot/contract.ts'
import { tracking } from '../fixtures/parcels/services/tracking/contract.ts'
import { type AppCaller, connectToApp } from '../support/app-caller.ts'
import {
  createPlayground,
  eventually,
  type Finished,
  type Playground,
  type RunningCommand,
} from '../support/holon-process.ts'

let playground: Playground
let holon: RunningCommand
let caller: AppCaller

beforeAll(async () => {
  playground = createPlayground('parcels')
  holon = playground.start(['start', '--split'])
  await holon.until(/parcels is ready in [\d.]+ s/)
  caller = await connectToApp(app, playground)
}, 120_000)

afterAll(async () => {
  await caller[Symbol.asyncDispose]()
  await playground[Symbol.asyncDispose]()
})

const subscription = 'tracking.depot.sent'

async function run(...args: readonly string[]): Promise<Finished> {
  const finished = await playground.run(args)
  if (finished.code !== 0) throw new Error(`holon ${args.join(' ')}: ${finished.stderr}`)
  return finished
}

async function json(...args: readonly string[]): Promise<unknown> {
  return JSON.parse((await run(...args)).stdout)
}

const send = (parcelId: string, weight: number): Promise<unknown> =>
  caller.call(depot.operations.send, { parcelId, weight })

async function tracked(): Promise<readonly string[]> {
  return ((await caller.call(tracking.operations.parcels)) as { id: string }[]).map(({ id }) => id)
}

const untilTracked = (ids: readonly string[]): Promise<true> =>
  eventually(async () => (JSON.stringify(await tracked()) === JSON.stringify(ids) ? true : undefined))

async function busPid(): Promise<number> {
  const { groups } = (await json('ps', '--json')) as { groups: { name: string; instances: { pid: number }[] }[] }
  const pid = groups.find(({ name }) => name === 'holon-bus')?.instances[0]?.pid
  if (pid === undefined) throw new Error('No bus runs.')
  return pid
}

interface Letter {
  readonly id: string
  readonly key: string
  readonly attempts: number
  readonly error: { readonly message: string; readonly causes: readonly string[] }
}

const letters = async (): Promise<readonly Letter[]> => (await json('events', 'dead', 'list', '--json')) as Letter[]

test('the bus runs in a process of its own, and is killed and back without a trace', async () => {
  await send('p1', 1)
  await untilTracked(['p1'])
  process.kill(await busPid(), 'SIGKILL')
  await send('p2', 2)
  await untilTracked(['p1', 'p2'])
}, 120_000)

test('events that pass can be watched, and published by hand', async () => {
  const tail = playground.start(['events', 'tail', 'depot.sent', '--count', '1', '--json'])
  await tail.until(/Waiting for depot\.sent/)
  await run('events', 'publish', 'depot.sent', '{"parcelId":"p3","weight":3}')
  const [line = ''] = (await tail.until(/\{.*\}/)) ?? []
  expect(JSON.parse(line)).toMatchObject({
    specversion: '1.0',
    type: 'depot.sent',
    source: '/parcels/depot',
    subject: 'p3',
    data: { parcelId: 'p3', weight: 3 },
  })
  expect(await tail.ended()).toBe(0)
  await untilTracked(['p1', 'p2', 'p3'])
  const wrong = await playground.run(['events', 'publish', 'depot.sent', '{"parcelId":"p4"}'])
  expect(wrong).toMatchObject({ code: 4, stderr: expect.stringMatching(/weight/) as unknown })
}, 120_000)

test('an event that keeps failing is listed with its causes, can be handled again, and once only', async () => {
  await send('heavy', 300)
  const letter = await eventually(async () => (await letters())[0])
  expect(letter).toMatchObject({
    key: 'heavy',
    attempts: 2,
    error: { message: 'Error: 300 kg', causes: ['Error: the scales end at 100'] },
  })
  const shown = (await run('events', 'dead', 'show', letter.id)).stdout
  expect(shown).toMatch(
    /gave up event .* after 2 tries[^]*caused by Error: the scales end at 100[^]*"parcelId": "heavy"/,
  )
  const again = await playground.run(['events', 'dead', 'replay', letter.id])
  expect(again).toMatchObject({ code: 4, stderr: expect.stringMatching(/300 kg/) as unknown })
  await run('call', 'tracking.allowHeavy', '{"allow":true}')
  await run('events', 'dead', 'replay', '--all', '--subscription', subscription)
  expect(await tracked()).toEqual(['p1', 'p2', 'p3', 'heavy'])
  expect(await letters()).toEqual([])
  const twice = await playground.run(['events', 'dead', 'replay', letter.id])
  expect(twice).toMatchObject({ code: 4, stderr: expect.stringMatching(/was replayed at/) as unknown })
  await run('events', 'dead', 'discard', letter.id)
  expect(await playground.run(['events', 'dead', 'show', letter.id])).toMatchObject({ code: 1 })
}, 120_000)

test('a subscription can be paused, resumed and taken back', async () => {
  await run('events', 'pause', subscription)
  await send('p5', 5)
  const lag = async (): Promise<unknown> => {
    const reports = (await json('events', 'lag', '--json')) as { subscriptions: { name: string; lag: number }[] }[]
    return reports.flatMap(({ subscriptions }) => subscriptions).find(({ name }) => name === subscription)?.lag
  }
  await eventually(async () => ((await lag()) === 1 ? true : undefined))
  expect(await tracked()).toEqual(['p1', 'p2', 'p3', 'heavy'])
  await run('events', 'resume', subscription)
  const once = ['p1', 'p2', 'p3', 'heavy', 'p5']
  await untilTracked(once)
  await run('events', 'rewind', subscription, '--to', 'start')
  await eventually(async () => ((await tracked()).length === 10 ? true : undefined))
  expect((await tracked()).slice(5).toSorted()).toEqual(once.toSorted())
}, 120_000)

test('a subscription can be taken back to a time: what was published since is handled again, nothing before', async () => {
  const before = (await tracked()).length
  await sleep(20)
  const since = new Date().toISOString()
  await sleep(20)
  await send('p6', 6)
  await eventually(async () => ((await tracked()).length === before + 1 ? true : undefined))
  await run('events', 'rewind', subscription, '--to', since)
  await eventually(async () => ((await tracked()).length === before + 2 ? true : undefined))
  expect((await tracked()).slice(before)).toEqual(['p6', 'p6'])
  const wrong = await playground.run(['events', 'rewind', subscription, '--to', 'yesterday'])
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("--to is 'yesterday'") as unknown })
})

test('while the bus does not answer calls succeed, and lag shows what waits in the outbox', async () => {
  const bus = await busPid()
  process.kill(bus, 'SIGSTOP')
  try {
    await send('p7', 7)
    const { stdout, stderr } = await run('events', 'lag')
    expect(stdout).toMatch(/tracking\.depot\.sent +depot\.sent +\?/)
    expect(stdout).toMatch(/depot +1 +\d+ m?s +0/)
    expect(stderr).toContain('the bus does not answer')
  } finally {
    process.kill(bus, 'SIGCONT')
  }
  await eventually(async () => ((await tracked()).includes('p7') ? true : undefined))
  await eventually(async () => (/depot +0 +–/.test((await run('events', 'lag')).stdout) ? true : undefined))
})

test('what does not exist is named, with what does', async () => {
  expect(await playground.run(['events', 'pause', 'tracking.depot.snt'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/Did you mean 'tracking\.depot\.sent'\?/) as unknown,
  })
  expect(await playground.run(['events', 'tail', 'depot.gone'])).toMatchObject({ code: 2 })
  expect(await playground.run(['events', 'dead', 'discard'])).toMatchObject({ code: 2 })
}, 120_000)

test('the AsyncAPI document names the events', async () => {
  expect(await json('asyncapi')).toMatchObject({
    asyncapi: '3.1.0',
    channels: { depot_sent: { address: 'depot.sent' } },
  })
})

test('the graph shows which events go from whom to whom', async () => {
  const { stdout: text } = await run('graph')
  expect(text).toBe('depot\ntracking\n\ndepot.sent  ⇢ tracking\n')
  expect((await run('graph', '--mermaid')).stdout).toContain('  depot -. "depot.sent" .-> tracking\n')
  expect(await json('graph', '--json')).toEqual([
    { name: 'depot', uses: [], publishes: ['depot.sent'], subscribes: [] },
    { name: 'tracking', uses: [], publishes: [], subscribes: ['depot.sent'] },
  ])
})

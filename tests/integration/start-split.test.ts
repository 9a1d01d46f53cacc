import { readFileSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  createPlayground,
  eventually,
  type Playground,
  readStatus,
  type RunningCommand,
} from '../support/holon-process.ts'

describe.each([
  { transport: 'Unix sockets', flags: ['--split'], address: /^unix:/ },
  { transport: 'TCP', flags: ['--split', '--tcp'], address: /^127\.0\.0\.1:\d+$/ },
])('every service in a process of its own, over $transport', ({ flags, address }) => {
  let playground: Playground
  let holon: RunningCommand

  beforeAll(async () => {
    playground = createPlayground('trio')
    holon = playground.start(['start', ...flags])
    await holon.until(/trio is ready in/)
  })

  afterAll(async () => {
    await playground[Symbol.asyncDispose]()
  })

  async function pidOf(group: string): Promise<number> {
    const { groups } = await readStatus(playground)
    const pid = groups.find(({ name }) => name === group)?.instances[0]?.pid
    if (pid === undefined) throw new Error(`${group} does not run.`)
    return pid
  }

  test('each process runs one service, says so on its command line, and has loaded no other module', async () => {
    const { groups } = await readStatus(playground)
    expect(groups.map(({ name }) => name)).toEqual(['counter', 'greeter', 'journal', 'gateway'])
    for (const { name, instances } of groups) {
      const pid = instances[0]?.pid ?? 0
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')).toEqual(
        expect.arrayContaining(['run', '--group', name, '--services']),
      )
      expect(instances[0]?.address).toMatch(address)
      const loaded = [...holon.output().matchAll(new RegExp(`module (\\w+) loaded in ${pid}\\b`, 'g'))]
      expect(loaded.map((match) => match[1])).toEqual(name === 'gateway' ? [] : [name])
    }
  })

  test('services reach each other, and the gateway reaches them', async () => {
    const { gatewayUrl } = await readStatus(playground)
    const answer = (await (await fetch(`${gatewayUrl}/hello/Eve`)).json()) as { pid: number; counterPid: number }
    expect(answer).toMatchObject({ text: 'Hello, Eve!', count: 1 })
    expect(answer.pid).toBe(await pidOf('greeter'))
    expect(answer.counterPid).toBe(await pidOf('counter'))
  })

  test('a process that is killed comes back, and its callers find it again', async () => {
    const before = await pidOf('counter')
    const from = holon.output().length
    process.kill(before, 'SIGKILL')
    await holon.until(/counter-1 failed: killed by SIGKILL; starting it again in \d+ ms/, { from })
    await holon.until(/counter-1 ready: pid \d+/, { from })
    const answer = await eventually(async () => {
      const { code, stdout } = await playground.run(['call', 'greeter.hello', '{"name":"Kim"}'])
      return code === 0 ? (JSON.parse(stdout) as { counterPid: number }) : undefined
    })
    const { groups } = await readStatus(playground)
    const counter = groups.find(({ name }) => name === 'counter')?.instances[0]
    expect(counter).toMatchObject({ state: 'ready', restarts: 1 })
    expect(counter?.pid).not.toBe(before)
    expect(answer.counterPid).toBe(counter?.pid)
  })

  test('an external process that is killed comes back on the same port', async () => {
    const before = (await readStatus(playground)).processes[0]
    const from = holon.output().length
    process.kill(before?.pid ?? 0, 'SIGKILL')
    await holon.until(/stamp ready: pid \d+/, { from })
    const after = (await readStatus(playground)).processes[0]
    expect(after?.url).toBe(before?.url)
    expect(after?.pid).not.toBe(before?.pid)
  })

  test('the gateway stops first, then callers before those they call, all in bounded time', async () => {
    const from = holon.output().length
    holon.signal('SIGINT')
    expect(await holon.ended(12_000)).toBe(0)
    const output = holon.output().slice(from)
    const order = ['gateway-1 stopped', 'greeter-1 stopped', 'counter-1 stopped', 'stamp stopped'].map((line) =>
      output.indexOf(line),
    )
    expect(order).not.toContain(-1)
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect(playground.survivors()).toEqual([])
  })
})

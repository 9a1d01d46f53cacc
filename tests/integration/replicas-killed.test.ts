import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { createPlayground, eventually, type Playground } from '../support/holon-process.ts'

let playground: Playground

beforeAll(async () => {
  playground = createPlayground('beats')
  await playground.start(['start']).until(/beats is ready in/)
})

afterAll(async () => {
  await playground[Symbol.asyncDispose]()
})

interface Row {
  readonly kind: string
  readonly n: number
  readonly pid: number
}

async function book(): Promise<readonly Row[]> {
  const { code, stdout, stderr } = await playground.run(['call', 'beat.book'])
  // Both have just been killed.
  if (stderr.startsWith('unavailable')) return []
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Row[]
}

interface Begun {
  readonly pid: number
  readonly n: number
}

function begun(what: string): readonly Begun[] {
  try {
    const lines = readFileSync(join(playground.data, 'begun'), 'utf8').trim().split('\n')
    const words = lines.filter((line) => line.startsWith(what)).map((line) => line.split(' '))
    return words.map(([, pid, n]) => ({ pid: Number(pid), n: Number(n) }))
  } catch {
    return []
  }
}

/** Kills whoever has begun it next, while it is at it. */
async function killDuring(what: string): Promise<Begun> {
  const before = begun(what).length
  const next = await eventually(async () => begun(what)[before])
  process.kill(next.pid, 'SIGKILL')
  return next
}

test('a schedule fires once over two replicas, also when the one that runs it is killed', async () => {
  await eventually(async () => ((await book()).length > 1 ? true : undefined))
  const interrupted = await killDuring('tick')
  const rows = await eventually(async () => {
    const found = await book()
    return found.some(({ n }) => n > interrupted.n + 1_000) ? found : undefined
  })
  const ticks = rows.filter(({ kind }) => kind === 'tick')
  const times = ticks.map(({ n }) => n)
  expect(new Set(times).size).toBe(times.length)
  expect(times).toEqual(times.toSorted((one, other) => one - other))
  // What was interrupted has been done by another process.
  expect(ticks.filter(({ n }) => n === interrupted.n)).toHaveLength(1)
})

test('a replica that is killed hands its keys over: each event is applied once, in order', async () => {
  const [walkers, steps] = [['ann', 'bob', 'cem', 'dee', 'eva', 'fay'], 15]
  const walked = async (): Promise<readonly Row[]> => (await book()).filter(({ kind }) => walkers.includes(kind))
  const { code, stderr } = await playground.run(['call', 'source.walk', JSON.stringify({ walkers, steps })])
  expect({ code, stderr }).toMatchObject({ code: 0 })
  const victims = [await killDuring('step'), await killDuring('step')].map(({ pid }) => pid)
  const rows = await eventually(async () => {
    const found = await walked()
    return found.length >= walkers.length * steps ? found : undefined
  }, 90_000)
  for (const walker of walkers)
    expect(rows.flatMap(({ kind, n }) => (kind === walker ? [n] : []))).toEqual(
      Array.from({ length: steps }, (_, index) => index + 1),
    )
  expect(rows.some(({ pid }) => !victims.includes(pid))).toBe(true)
})

import { isDeepStrictEqual } from 'node:util'

import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { Journal } from '../support/placement/journal.ts'
import { createPlacementApp } from '../support/placement/placement-app.ts'
import {
  type Beside,
  inOneProcess,
  networks,
  overLinks,
  type Placed,
  startBeside,
} from '../support/placement/placements.ts'
import { anyPlacementCase, type PlacementCase } from '../support/placement/scenario-arbitrary.ts'
import { play } from '../support/placement/scenario.ts'

/** `FC_RUNS=2000 FC_SEED=7 npx vitest run …` looks further, or again. */
const numRuns = Number(process.env['FC_RUNS'] ?? 60)
const seed = process.env['FC_SEED']
const limitMs = process.env['FC_RUNS'] === undefined ? 25_000 : 3_600_000

let beside: Beside
const found = networks()
beforeAll(() => {
  beside = startBeside()
})
afterAll(() => {
  beside.close()
  for (const network of found) network.remove()
})

it(
  'the same calls give the same answers, errors and effects in every placement, and nothing is shared',
  { timeout: limitMs + 120_000 },
  async () => {
    const check = fc.asyncProperty(anyPlacementCase, async (drawn) => {
      const results = await playEverywhere(drawn)
      // Under load a short deadline may pass before the handler was reached: then it counts only if it happens again slower.
      compare(isEqual(results) || !hasShortDeadline(drawn) ? results : await playEverywhere(slower(drawn)))
    })
    await fc.assert(check, {
      numRuns,
      plugins: [fc.interruptAfterTimeLimit(limitMs)],
      ...(seed !== undefined && { seed: Number(seed) }),
    })
  },
)

interface Result {
  readonly placement: string
  readonly seen: unknown
}

async function playEverywhere(drawn: PlacementCase): Promise<readonly Result[]> {
  const scripts = new Map(drawn.scenarios.map(({ id, script }) => [id, script]))
  const parts = { operations: drawn.operations, scripts }
  const placed = await Promise.all([
    inOneProcess(parts),
    ...found.map((network) => overLinks(network.name, parts, network)),
    beside.start(parts),
  ])
  try {
    return await Promise.all(placed.map(async (one) => ({ placement: one.name, seen: await playAll(drawn, one) })))
  } finally {
    await Promise.all(placed.map(({ close }) => close()))
    expect(placed.flatMap(({ trouble }) => trouble)).toEqual([])
  }
}

function isEqual([local, ...others]: readonly Result[]): boolean {
  return others.every(({ seen }) => isDeepStrictEqual(seen, local?.seen))
}

function compare(results: readonly Result[]): void {
  const [local, ...others] = results
  for (const { placement, seen } of others) {
    if (isDeepStrictEqual(seen, local?.seen)) continue
    expect({ placement, seen }).toStrictEqual({ placement, seen: local?.seen })
    throw new Error(`${placement}: it differs in what toStrictEqual does not see`)
  }
  expect(JSON.stringify(local)).not.toContain('secret')
  expect(touched(local?.seen)).toEqual([])
}

type Caller = Pick<Placed, 'invoker' | 'journals'>

async function playAll({ operations, scenarios }: PlacementCase, { invoker, journals }: Caller): Promise<unknown> {
  const { contracts } = createPlacementApp(operations, new Map(), new Journal())
  return Object.fromEntries(
    await Promise.all(
      scenarios.map(
        async (scenario) => [scenario.id, await play(scenario, contracts[scenario.entry], invoker, journals)] as const,
      ),
    ),
  )
}

/** The paths of `true` flags that say that something was shared, left open or never ended. */
function touched(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => {
    const here = `${path}.${key}`
    const bad =
      (['inputTouched', 'answerTouched', 'sourceLeaked', 'frozen'].includes(key) && item === true) ||
      (key === 'finished' && item === false) ||
      item === 'LEAKED'
    return bad ? [here] : touched(item, here)
  })
}

function hasShortDeadline({ scenarios }: PlacementCase): boolean {
  return scenarios.some(({ caller }) => caller.timeoutMs < 10_000)
}

function slower(drawn: PlacementCase): PlacementCase {
  const scenarios = drawn.scenarios.map((scenario) => {
    const { caller } = scenario
    return { ...scenario, caller: { ...caller, timeoutMs: Math.max(caller.timeoutMs, 3000) } }
  })
  return { ...drawn, scenarios }
}

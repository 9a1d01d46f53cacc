// Projects as `npm create holon` makes them, from a registry. Minutes, as those of managers.test.ts.
import { afterAll, beforeAll, expect, test } from 'vitest'

import { freePort } from '../support/free-port.ts'
import type { LocalRegistry } from '../support/packages/local-registry.ts'
import { type Manager, nodeProgram, type NodeVersion, programOf } from '../support/packages/package-managers.ts'
import { cache, publishAll } from '../support/packages/published.ts'
import { createStranger, type Stranger } from '../support/packages/stranger.ts'
import { succeeds } from '../support/packages/succeeds.ts'

let registry: LocalRegistry

beforeAll(async () => {
  registry = await publishAll()
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
})

interface Made {
  readonly template: keyof typeof uses
  readonly manager: Manager
  readonly node: NodeVersion
}

/** How a project shows that it runs: what is asked of it, and what it answers. `tests`: how many it has. */
const uses = {
  minimal: { ready: /app is ready in/, path: '/hello/Ann', answer: { text: 'Hello, Ann!' }, tests: 3 },
  'shop-lite': { ready: /app is ready in/, path: '/api/orders', answer: { orders: [] }, tests: 6 },
  existing: { ready: /website http/, path: '/prices/tea?quantity=10', answer: { totalCents: 8_010 }, tests: 5 },
}

async function createProject({ template, manager, node }: Made): Promise<Stranger> {
  const tools = { url: registry.url, cache }
  const program = nodeProgram(node, tools)
  const programs = new Map(manager === 'npm' ? [] : [[manager, programOf(manager, program, tools)]])
  const stranger = createStranger({ url: registry.url, node: program, programs })
  await succeeds(stranger, `npm create holon@latest app -- --yes --template ${template} --package-manager ${manager}`)
  stranger.enter('app')
  return stranger
}

/** How a program of the project is called, as the project's own pages say. */
const holonBy = { npm: 'npx holon', pnpm: 'pnpm exec holon', yarn: 'yarn holon' }

async function runs(stranger: Stranger, { template, manager }: Made): Promise<void> {
  const { ready, path, answer } = uses[template]
  const [port, website] = [String(await freePort()), String(await freePort())]
  const dev = stranger.start(`${manager} run dev`, { PORT: port, WEBSITE_PORT: website })
  await dev.until(ready)
  expect(await (await fetch(`http://127.0.0.1:${port}${path}`)).json()).toEqual(answer)
  await dev.interrupt()
}

async function passes(stranger: Stranger, manager: Manager, tests: number): Promise<void> {
  await succeeds(stranger, `${manager} run types`)
  const report = await succeeds(stranger, `${manager} test`)
  // Node 22 reports in TAP where there is no terminal.
  expect(report).toMatch(new RegExp(`^(ℹ|#) pass ${tests}$`, 'm'))
}

/** Each template, each manager and each Node once; managers.test.ts has every manager on every Node. */
const cases: readonly Made[] = [
  { template: 'minimal', manager: 'npm', node: '22.18' },
  { template: 'shop-lite', manager: 'pnpm', node: '24' },
  { template: 'existing', manager: 'yarn', node: '22.18' },
]

test.each(cases)('made from $template with $manager on Node $node, a project is right and grows', async (made) => {
  const { template, manager } = made
  await using stranger = await createProject(made)
  await passes(stranger, manager, uses[template].tests)
  await runs(stranger, made)
  const holon = holonBy[manager]
  for (const addition of [
    'service reviews',
    'store reviews',
    'event reviews written',
    'service review-mail',
    'subscription review-mail reviews.written',
  ])
    await succeeds(stranger, `${holon} add ${addition}`)
  await passes(stranger, manager, uses[template].tests + 4)
})

test.each(['npm', 'pnpm'] as const)(
  'with %s, a store in PostgreSQL needs what `holon add` says, and nothing else',
  async (manager) => {
    const made: Made = { template: 'minimal', manager, node: '24' }
    await using stranger = await createProject(made)
    await succeeds(stranger, `${holonBy[manager]} add service orders`)
    const said = await succeeds(stranger, `${holonBy[manager]} add store orders --postgres`)
    const command = /^First: (.*)$/m.exec(said)?.[1]
    expect(command).toContain('pg pg-cursor @holon/postgres')
    await succeeds(stranger, command ?? '')
    await passes(stranger, manager, uses.minimal.tests + 2)
    await runs(stranger, made)
  },
)

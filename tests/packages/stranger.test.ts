// What somebody does who has Node, npm and our documentation: from an empty folder to an event between two processes.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { freePort } from '../support/free-port.ts'
import type { LocalRegistry } from '../support/packages/local-registry.ts'
import { publishAll } from '../support/packages/published.ts'
import { createStranger, readPages } from '../support/packages/stranger.ts'
import { succeeds } from '../support/packages/succeeds.ts'
import { stepsOf } from '../support/page-example.ts'

const page = 'docs/guide/first-steps.md'

let registry: LocalRegistry

beforeAll(async () => {
  registry = await publishAll()
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
})

/** Writes what the page says to write into a file. */
function fillIn(folder: string, path: string): void {
  const step = stepsOf(page).find((each) => each.kind === 'file' && each.path === path)
  if (step?.kind !== 'file') throw new Error(`${page} does not say what is in ${path}.`)
  writeFileSync(join(folder, path), step.code)
}

interface Asked {
  readonly status: number
  readonly body: unknown
}

async function ask(url: string, init?: RequestInit): Promise<Asked> {
  const response = await fetch(url, init)
  return { status: response.status, body: response.ok ? await response.json() : await response.text() }
}

/** From where each package that an app has installed came. */
function sources(folder: string): readonly string[] {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly resolved?: string; readonly link?: boolean }>>
  }
  return Object.entries(packages).flatMap(([path, { resolved = 'a folder' }]) => (path === '' ? [] : [resolved]))
}

test('a stranger comes from an empty folder to an event between two processes', { timeout: 900_000 }, async () => {
  const documented = readPages(
    page,
    'docs/reference/cli.md',
    'examples/minimal/README.md',
    'examples/minimal/AGENTS.md',
  )
  await using stranger = createStranger({ url: registry.url, documented })
  const made = await succeeds(stranger, 'npm create holon@latest corner-shop -- --yes')
  expect(made).toContain('cd corner-shop\n  npm run dev\n')
  stranger.enter('corner-shop')
  expect(sources(stranger.folder()).filter((source) => !source.startsWith(registry.url))).toEqual([])

  const port = String(await freePort())
  const url = `http://127.0.0.1:${port}`
  const dev = stranger.start('npm run dev', { PORT: port })
  await dev.until(/corner-shop is ready in/)
  expect(await ask(`${url}/hello/Ann`)).toEqual({ status: 200, body: { text: 'Hello, Ann!' } })
  const called = await succeeds(stranger, `npx holon call greeter.hello '{"name":"Ann"}'`)
  expect(JSON.parse(called)).toEqual({ text: 'Hello, Ann!' })

  // Services that are added while the app runs.
  await succeeds(stranger, 'npx holon add service orders')
  await succeeds(stranger, "npx holon add operation orders place --command --http 'POST /orders/{id}'")
  const place = (id: string): Promise<Asked> => ask(`${url}/orders/${id}`, { method: 'POST' })
  const poll = { timeout: 60_000 }
  await expect.poll(() => place('o1'), poll).toEqual({ status: 200, body: { message: 'orders.place of o1' } })
  await succeeds(stranger, 'npx holon add store orders')
  await succeeds(stranger, 'npx holon add event orders placed')
  await succeeds(stranger, 'npx holon add service mail')
  await succeeds(stranger, 'npx holon add subscription mail orders.placed')
  const before = dev.output().length
  fillIn(stranger.folder(), 'services/orders/service.ts')
  // It is heard of once the app runs what was written last: whoever asks earlier is answered by what was there before.
  let placed = 0
  await expect
    .poll(async () => {
      placed += 1
      await place(`dev-${placed}`)
      return dev.output().slice(before)
    }, poll)
    .toMatch(/mail +orders\.placed/)
  await dev.interrupt()

  await succeeds(stranger, 'npm run --silent types')
  // Three that were there; of what was added: two services, an operation, a store, a subscription.
  expect(await succeeds(stranger, 'npm test')).toMatch(/^ℹ pass 8\nℹ fail 0$/m)

  const split = stranger.start('npm start -- --split', { PORT: port })
  await split.until(/corner-shop is ready in/)
  const status = JSON.parse(await succeeds(stranger, 'npx holon ps --json')) as {
    readonly groups: readonly { readonly name: string; readonly instances: readonly { readonly pid: number }[] }[]
  }
  const pids = new Map(status.groups.map(({ name, instances }) => [name, instances.map(({ pid }) => pid)]))
  expect([...pids.keys()].toSorted()).toEqual(['gateway', 'greeter', 'holon-bus', 'mail', 'orders'])
  expect(new Set([...pids.values()].flat()).size).toBe(5)
  expect(await place('split-1')).toEqual({ status: 200, body: { message: 'orders.place of split-1' } })
  await expect
    .poll(() => succeeds(stranger, 'npx holon events lag'), poll)
    .toMatch(/^mail\.orders\.placed +orders\.placed +0 /m)
  await split.until(/mail.*orders\.placed.*split-1/)
  await split.interrupt()
  expect(stranger.survivors()).toEqual([])
})

import { globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { createPlayground, type Playground } from '../support/holon-process.ts'
import type { LocalRegistry } from '../support/packages/local-registry.ts'
import { installedWith } from '../support/packages/package-managers.ts'
import { cache, publishAll, root } from '../support/packages/published.ts'
import { useInstalledApp } from '../support/packages/use-installed-app.ts'

let registry: LocalRegistry
let app: Playground

beforeAll(async () => {
  registry = await publishAll()
  const tools = { url: registry.url, cache }
  app = createPlayground(
    'packaged',
    installedWith({ manager: 'npm', node: '24', packages: ['holon@latest', '@types/node@24'], ...tools }),
  )
})

afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await registry[Symbol.asyncDispose]()
})

test('installed by npm from a registry, an app runs in one process and in several', async () => {
  await useInstalledApp(app)
})

test('installing it brings at most 60 packages and 30 MB', async () => {
  const { packages } = JSON.parse(readFileSync(join(app.folder, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, object>>
  }
  // The app itself, and what it has for its types.
  const others = ['', 'node_modules/@types/node', 'node_modules/undici-types']
  const names = Object.keys(packages).filter((name) => !others.includes(name))
  expect(names.length).toBeLessThanOrEqual(60)
  const files = names.flatMap((name) => globSync(`${name}/**`, { cwd: app.folder, withFileTypes: true }))
  const blocks = files.map((file) => statSync(join(file.parentPath, file.name)).blocks)
  const bytes = blocks.reduce((sum, each) => sum + each, 0) * 512
  expect(bytes).toBeLessThanOrEqual(30 * 1024 ** 2)
  // As the README has it, so that nobody finds more.
  const said = /`npm install holon`: (\d+) packages, (\d+) MB/.exec(readFileSync(join(root, 'README.md'), 'utf8'))
  expect(Number(said?.[1])).toBe(names.length)
  expect(Math.abs(Number(said?.[2]) - bytes / 1e6)).toBeLessThanOrEqual(2)
})

/** The files that importing a module of the app loads. */
async function loadedBy(module: string): Promise<readonly string[]> {
  writeFileSync(
    join(app.folder, 'loaded.mjs'),
    `import { registerHooks } from 'node:module'
     const loaded = []
     registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
     await import('${module}')
     console.log(JSON.stringify(loaded.filter((url) => url.startsWith('file:'))))`,
  )
  const { stdout } = await app.runNode(['loaded.mjs'])
  return JSON.parse(stdout) as readonly string[]
}

function packagesOf(files: readonly string[]): readonly string[] {
  const names = files.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? [])
  return [...new Set(names)].toSorted()
}

/** What contracts and the model of an app stand on: nothing that runs them. */
const light = [
  '@cfworker/json-schema',
  '@holon/app',
  '@holon/contract',
  '@holon/events',
  '@holon/gateway',
  '@noble/hashes',
  'croner',
  'holon',
]

test('a contract loads at most 40 modules, and nothing of what runs it', async () => {
  const loaded = await loadedBy('./services/orders/contract.ts')
  expect(loaded.length).toBeLessThanOrEqual(40)
  expect(packagesOf(loaded)).toEqual(light)
})

test('a service and the configuration of an app load no driver either', async () => {
  expect(packagesOf(await loadedBy('./services/ledger/service.ts'))).toEqual([...light, '@holon/data'].toSorted())
  expect(packagesOf(await loadedBy('./holon.config.ts'))).toEqual(light)
})

/** Opens, as the runtime would, what `expression` chooses, and tells how that fails. */
async function failureOf(module: string, expression: string): Promise<unknown> {
  writeFileSync(
    join(app.folder, 'open.mjs'),
    `try {
       const chosen = await import('${module}')
       await (${expression}).open({ app: 'a', service: 'a', connection: 'postgres://127.0.0.1:1/a', onError() {} })
     } catch ({ name, code, message }) {
       console.log(JSON.stringify({ name, code, message }))
     }`,
  )
  const { stdout, stderr } = await app.runNode(['open.mjs'])
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

const optional = [
  [
    'holon/nats',
    "chosen.nats({ url: 'nats://127.0.0.1:1' })",
    '@nats-io/transport-node @nats-io/jetstream @nats-io/kv',
  ],
  ['holon/kafka', "chosen.kafka({ brokers: ['127.0.0.1:1'] })", '@platformatic/kafka'],
  ['holon/rabbitmq', "chosen.rabbitmq({ url: 'amqp://127.0.0.1:1' })", 'rabbitmq-client'],
  ['holon/postgres', 'chosen.postgres()', 'pg pg-cursor'],
  ['holon/outbox-drizzle', 'chosen', 'drizzle-orm'],
] as const

test.each(optional)('%s without its packages says what to install', async (module, expression, packages) => {
  expect(await failureOf(module, expression)).toMatchObject({
    code: 'failed_precondition',
    message: expect.stringMatching(new RegExp(`not installed: npm install ${packages}$`)) as string,
  })
})

test('a driver that is there and misses a package of its own is not called missing', async () => {
  const folder = join(app.folder, 'node_modules/rabbitmq-client')
  mkdirSync(folder)
  writeFileSync(
    join(folder, 'package.json'),
    '{ "name": "rabbitmq-client", "type": "module", "exports": "./index.js" }',
  )
  writeFileSync(join(folder, 'index.js'), "import 'gone-from-here'")
  expect(await failureOf('holon/rabbitmq', "chosen.rabbitmq({ url: 'amqp://127.0.0.1:1' })")).toMatchObject({
    code: 'ERR_MODULE_NOT_FOUND',
    message: expect.stringContaining("'gone-from-here'") as string,
  })
})

test('an app that needs the embedded PostgreSQL says how to install it', async () => {
  const service = join(app.folder, 'services/ledger/service.ts')
  const before = readFileSync(service, 'utf8')
  writeFileSync(
    service,
    before
      .replace("from 'holon/sqlite'", "from 'holon/postgres'")
      .replaceAll('sqlite<', 'postgres<')
      .replace('{ sqlite }', '{ postgres }'),
  )
  const { code, stdout, stderr } = await app.run(['start'])
  writeFileSync(service, before)
  expect(stdout + stderr).toContain('npm install @holon/postgres')
  expect(code).toBe(1)
})

import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { testHost } from '../fixtures/test-host.ts'
import { runCommand } from '../main.ts'

const example = fileURLToPath(new URL('../../../../examples/shop-lite', import.meta.url))

let folder: string
let app: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holon-add-'))
  app = join(folder, 'app')
  for (const part of ['holon.config.ts', 'services']) cpSync(join(example, part), join(app, part), { recursive: true })
  symlinkSync(join(example, '../../node_modules'), join(folder, 'node_modules'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function run(...args: readonly string[]) {
  const { host, written } = testHost(['add', ...args], app)
  return { code: await runCommand(host), ...written() }
}

async function add(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

/** What it says to whom it refuses something; and nothing has changed. */
async function refused(...args: readonly string[]): Promise<string> {
  const before = filesOf(app)
  const { code, stdout, stderr } = await run(...args)
  expect(code).toBeGreaterThan(0)
  expect(stdout).toBe('')
  expect(filesOf(app)).toEqual(before)
  return stderr
}

/** Text by path. */
function filesOf(base: string): Readonly<Record<string, string>> {
  const entries = readdirSync(base, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(files.map((file) => [file.slice(base.length + 1), readFileSync(file, 'utf8')]))
}

const read = (path: string): string => readFileSync(join(app, path), 'utf8')
const write = (path: string, text: string): void => writeFileSync(join(app, path), text)

test('a service has its files, a test and a line in the config', async () => {
  expect(await add('service', 'gift-cards')).toBe(`new      services/gift-cards/contract.ts
new      services/gift-cards/service.ts
changed  holon.config.ts
new      services/gift-cards/gift-cards.test.ts

Next: holon add operation gift-cards <name> --http 'GET /gift-cards'
`)
  expect(read('services/gift-cards/contract.ts')).toContain("export const giftCards = defineContract('gift-cards', {")
  const before = readFileSync(join(example, 'holon.config.ts'), 'utf8')
  const line = "    'gift-cards': () => import('./services/gift-cards/service.ts'),\n"
  expect(read('services/gift-cards/gift-cards.test.ts')).toMatch(/\S\n\ntest\(/)
  expect(read('holon.config.ts')).toBe(before.replace(/( +mails: .*\n)/, `$1${line}`))
})

test('where every group of the placement names its services, a new one gets a group', async () => {
  write(
    'holon.config.ts',
    read('holon.config.ts').replace(
      '  gateway: {',
      "  placement: { main: ['catalog', 'orders', 'mails', 'gateway'] },\n  gateway: {",
    ),
  )
  await add('service', 'reviews')
  expect(read('holon.config.ts')).toContain("'gateway'], reviews: ['reviews'] },")
})

test('an operation with a route is exposed, in a gateway that is made for it where there is none', async () => {
  write('holon.config.ts', read('holon.config.ts').replace(/ {2}gateway: \{[^]*?\n {2}\},\n/, ''))
  await add('operation', 'catalog', 'search', '--http', 'GET /search/{text}')
  expect(read('holon.config.ts')).toContain("  gateway: {\n    expose: [expose(catalog, ['search'])],\n  },\n})")
  expect(read('services/catalog/service.ts')).toContain(
    'search: ({ text }) => ({ message: `catalog.search of ${text}` }),',
  )
})

test('a command from outside needs no token only where nobody could have one', async () => {
  await add('operation', 'catalog', 'open', '--command', '--http', 'POST /open')
  expect(read('services/catalog/contract.ts')).toContain("auth: 'none'")
  write(
    'holon.config.ts',
    read('holon.config.ts').replace(
      "prefix: '/api',",
      "prefix: '/api',\n    auth: { issuer: 'i', audience: 'a', jwks: 'https://i.example/jwks' },",
    ),
  )
  await add('operation', 'mails', 'send', '--command', '--http', 'POST /mails')
  expect(read('services/mails/contract.ts')).not.toContain('auth:')
  await add('operation', 'mails', 'count', '--http', 'GET /count', '--auth', 'required')
  expect(read('services/mails/contract.ts')).toContain("auth: 'required'")
})

test('a page gathers what the services it uses answer to queries without input', async () => {
  await add('bff', 'web', '--uses', 'orders,catalog,mails')
  expect(read('services/web/contract.ts')).toContain('orders: orders.operations.list.definition.output,')
  expect(read('services/web/service.ts')).toContain('uses: { catalog, mails, orders },')
  expect(read('services/web/service.ts')).toContain(
    'const [orders, catalog] = await Promise.all([ctx.orders.list(), ctx.catalog.list()])',
  )
})

test('a project with tests for another runner gets a file of its own for the new one', async () => {
  write('services/mails/mails.test.ts', "import { test } from 'vitest'\n")
  await add('operation', 'mails', 'countAll')
  expect(read('services/mails/mails.test.ts')).toBe("import { test } from 'vitest'\n")
  expect(read('services/mails/mails-count-all.test.ts')).toContain("test('mails.countAll answers'")
})

test('a store is opened by its test as by its service, and what PostgreSQL needs is named where it is missing', async () => {
  const said = await add('store', 'catalog')
  expect(said).not.toContain('First:')
  expect(read('services/catalog/service.ts')).toContain('  store: catalogStore,')
  expect(read('services/catalog/catalog.test.ts')).toContain("await app.openStore('catalog', catalogStore)")
  // Here all of it is there; where nothing is, a project has no modules.
  rmSync(join(folder, 'node_modules'))
  await add('service', 'reviews')
  const first = /^First: \S+ \S+ pg pg-cursor @holon\/postgres\n/
  const dry = await run('store', 'reviews', '--postgres', '--dry-run')
  expect(dry.stderr).toMatch(first)
  expect(dry.stdout).not.toContain('First:')
  expect(await add('store', 'reviews', '--postgres')).toMatch(first)
})

test('an event is published by the test with data that its contract takes', async () => {
  await add('subscription', 'catalog', 'orders.placed')
  expect(read('services/catalog/catalog.test.ts')).toContain(
    `  await app.publish(orders.events.placed, {
    id: 'id-1',
    productId: 'productId-1',
    quantity: 1,
    totalCents: 1,
    placedAt: '2026-01-01T00:00:00Z',
  })
`,
  )
})

test('a test file that starts the app in a way of its own is left alone', async () => {
  const own = "import { test } from 'node:test'\n\nimport { startTestApp } from '../../own.ts'\n"
  write('services/mails/mails.test.ts', own)
  await add('operation', 'mails', 'countAll')
  expect(read('services/mails/mails.test.ts')).toBe(own)
  expect(read('services/mails/mails-count-all.test.ts')).toContain("import { startTestApp } from 'holon/testing'")
})

test('a dry run writes nothing, and prints what git can apply, with the same result', async () => {
  const before = filesOf(app)
  const twin = join(folder, 'twin')
  cpSync(app, twin, { recursive: true })
  const additions = [
    ['service', 'reviews'],
    ['store', 'catalog', '--postgres'],
    ['event', 'catalog', 'changed'],
  ]
  for (const addition of additions) {
    const patch = await add(...addition, '--dry-run')
    execFileSync('git', ['apply', '-'], { cwd: twin, input: patch })
  }
  expect(filesOf(app)).toEqual(before)
  for (const addition of additions) await add(...addition)
  expect(filesOf(twin)).toEqual(filesOf(app))
})

test('what is changed stays as it was written, comments and all', async () => {
  const contract = `/* Greets. */
import { query, defineContract } from "holon"; // unsorted
import { z } from "zod";

export const catalog = defineContract("catalog", {
    operations: {
        // The one and only
        hello: query({ http: "GET /hello/{name}", input: z.object({ name:z.string() }), output: z.object({ text: z.string() })}) // no comma
    }
});
`
  write('services/catalog/contract.ts', contract)
  await add('operation', 'catalog', 'bye', '--command')
  expect(read('services/catalog/contract.ts')).toBe(
    contract.replace('{ query, defineContract }', '{ command, query, defineContract }').replace(
      '}) // no comma\n',
      `}), // no comma
        bye: command({
            output: z.object({ message: z.string() }),
        }),
`,
    ),
  )
})

test('what cannot be is refused with the way out, and nothing is changed', async () => {
  expect(await refused('service', 'orders')).toContain("The app has 'orders' already. Choose another name.")
  expect(await refused('service', 'My Service')).toContain('lower case letters')
  expect(await refused('service', 'gateway')).toContain('means something else in Holon')
  expect(await refused('operation', 'order', 'cancel')).toContain(
    "Did you mean 'orders'? There are catalog, orders, mails.",
  )
  expect(await refused('operation', 'orders', 'place')).toContain("'orders' has the operation 'place' already")
  expect(await refused('operation', 'orders', 'Cancel')).toContain('camelCase')
  expect(await refused('operation', 'orders', 'all', '--http', 'GET /orders')).toContain(
    "'orders.list' answers GET /orders",
  )
  expect(await refused('operation', 'orders', 'all', '--http', 'FETCH /x')).toContain(
    "not of the form 'GET /path/{parameter}'",
  )
  expect(await refused('operation', 'orders', 'all', '--query', '--stream')).toContain('cannot be used with option')
  expect(await refused('event', 'orders', 'placed')).toContain("'orders' has the event 'placed' already")
  expect(await refused('subscription', 'catalog', 'orders')).toContain('write service.event, as in orders.placed')
  expect(await refused('subscription', 'catalog', 'orders.plced')).toContain("Did you mean 'placed'?")
  expect(await refused('subscription', 'catalog', 'mails.sent')).toContain('holon add event mails sent')
  expect(await refused('subscription', 'mails', 'orders.placed')).toContain('It subscribes to orders.placed already')
  expect(await refused('store', 'orders', '--postgres')).toContain("'orders' has a store already")
  expect(await refused('bff', 'web')).toContain("required option '--uses <services>' not specified")
  expect(await refused('bff', 'web', '--uses', 'orders,cart')).toContain("There is no service 'cart'")
  expect(await refused('bff', 'web', '--uses', 'orders,orders')).toContain('Name each service once.')
})

test('a file that is there is not written over', async () => {
  write('services/catalog/catalog-db.ts', 'mine')
  expect(await refused('store', 'catalog')).toContain('services/catalog/catalog-db.ts is there already')
  mkdirSync(join(app, 'services/reviews'))
  write('services/reviews/contract.ts', 'mine')
  expect(await refused('service', 'reviews')).toContain('services/reviews/contract.ts is there already')
})

test('a service or a contract that is missing is named, with who wants it', async () => {
  rmSync(join(app, 'services/mails/contract.ts'))
  expect(await refused('operation', 'mails', 'list')).toBe(
    `The contract of 'mails' is missing: services/mails/service.ts imports it from services/mails/contract.ts, and there is no such file. Nothing was changed.
Put it back, or write it: export const mails = defineContract('mails', { operations: {} })
`,
  )
  rmSync(join(app, 'services/mails/service.ts'))
  expect(await refused('operation', 'mails', 'list')).toContain(
    "The service 'mails' is missing: holon.config.ts loads it from services/mails/service.ts",
  )
})

test('code that cannot be changed safely is left alone, and what is missing is said', async () => {
  write('services/orders/contract.ts', 'export const orders = {')
  expect(await refused('event', 'orders', 'paid')).toMatch(/services\/orders\/contract\.ts:1 cannot be read/)
  write(
    'services/mails/service.ts',
    "import { mails } from './contract.ts'\nexport default defineService(mails, options)\n",
  )
  expect(await refused('store', 'mails')).toContain('with its options written out, so it cannot be changed safely')
  write(
    'holon.config.ts',
    "import { defineApp } from 'holon'\nexport default defineApp({ name: 'app', services: all })\n",
  )
  expect(await refused('service', 'reviews')).toContain('does not have `services: { … }` in it')
  rmSync(join(app, 'holon.config.ts'))
  expect(await refused('service', 'reviews')).toContain('There is no holon.config.ts in')
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { freePort } from '../support/free-port.ts'
import type { Playground } from '../support/holon-process.ts'
import { checkTypes, createEmptyPlayground, makeProject, testProject } from '../support/made-project.ts'

let playground: Playground

beforeEach(() => {
  playground = createEmptyPlayground()
})
afterEach(async () => {
  await playground[Symbol.asyncDispose]()
})

async function add(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await playground.run(['add', ...args])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

/** What can be made, one after the other, in any project: in all kinds of operations, with and without a store. */
const additions: readonly (readonly string[])[] = [
  ['service', 'reviews'],
  ['operation', 'reviews', 'write', '--command', '--http', 'POST /reviews/{id}'],
  ['operation', 'reviews', 'latest', '--http', 'GET /reviews'],
  ['operation', 'reviews', 'watch', '--stream'],
  ['event', 'reviews', 'written', '--key', 'reviewId'],
  ['store', 'reviews'],
  ['service', 'review-mail'],
  ['subscription', 'review-mail', 'reviews.written'],
  ['bff', 'web', '--uses', 'reviews,review-mail'],
]

test.each([
  ['minimal', 3],
  ['shop-lite', 6],
  ['existing', 5],
])(
  'what is added to a project made from %s has right types, tests that pass, and answers',
  async (template, testsBefore) => {
    await makeProject(playground, template)
    for (const addition of additions) await add(...addition)
    expect(await checkTypes(playground)).toMatchObject({ code: 0, stdout: '' })
    const after = await testProject(playground)
    expect(after).toMatchObject({ code: 0, passed: testsBefore + 8, failed: 0, skipped: 0 })

    const port = await freePort()
    const holon = playground.start(['start'], { PORT: String(port) })
    await holon.until(/app is ready in/)
    const url = `http://127.0.0.1:${port}${template === 'shop-lite' ? '/api' : ''}`
    const written = await fetch(`${url}/reviews/r1`, { method: 'POST' })
    expect([written.status, await written.json()]).toEqual([200, { message: 'reviews.write of r1' }])
    expect(await (await fetch(`${url}/web`)).json()).toEqual({ reviews: { message: 'reviews.latest' } })
    holon.signal('SIGINT')
    expect(await holon.ended()).toBe(0)
  },
)

/** The file that a project has at a path, written otherwise. */
function change(path: string, from: string | RegExp, to: string): void {
  const file = join(playground.folder, path)
  const before = readFileSync(file, 'utf8')
  const after = before.replace(from, to)
  expect(after).not.toBe(before)
  writeFileSync(file, after)
}

test('tests that are made fail when what they were made for does not work', async () => {
  await makeProject(playground, 'shop-lite')
  // An event of the template, whose data has numbers and times.
  const made = [
    ['service', 'reviews'],
    ['store', 'reviews'],
    ['subscription', 'reviews', 'orders.placed'],
  ]
  for (const addition of made) await add(...addition)
  expect(await testProject(playground)).toMatchObject({ code: 0, passed: 6 + 3, failed: 0 })

  change('services/reviews/service.ts', /log\.info\(.*\)/, 'void [event, log]')
  expect(await testProject(playground)).toMatchObject({
    code: 1,
    failed: 1,
    output: expect.stringMatching(/^not ok \d+ - reviews hears of orders\.placed$/m) as string,
  })
  change('services/reviews/service.ts', 'void [event, log]', "throw new Error('on purpose')")
  expect((await testProject(playground)).output).toContain('on purpose')
  change('services/reviews/service.ts', /throw .*/, "log.info('orders.placed', { id: event.id })")
  change('services/reviews/migrations/0001-create-reviews.sql', 'id text', 'name text')
  expect((await testProject(playground)).output).toMatch(/^not ok \d+ - reviews keeps what is stored$/m)
})

test('where the data of an event cannot be guessed, the test is made and what to correct is said', async () => {
  await makeProject(playground, 'minimal')
  await add('service', 'orders')
  await add('event', 'orders', 'placed')
  change('services/orders/contract.ts', 'id: z.string()', 'id: z.string().regex(/^[A-Z]{7}$/)')
  await add('service', 'mail')
  expect(await add('subscription', 'mail', 'orders.placed')).toMatch(
    /In the test, correct what it publishes: the contract says of it: .+/,
  )
  change('services/mail/mail.test.ts', "{ id: 'id-1' }", "{ id: 'ABCDEFG' }")
  expect(await testProject(playground)).toMatchObject({ code: 0, failed: 0 })
})

test('an event passes between what was added', async () => {
  await makeProject(playground, 'minimal')
  for (const addition of additions.filter(([what]) => what !== 'bff')) await add(...addition)
  change(
    'services/reviews/service.ts',
    /write: \(\{ id \}\) => \(\{ message: (.*) \}\),/,
    `async write({ id }, ctx) {
      await ctx.store.transaction(async (tx) => {
        await tx.insertInto('reviews').values({ id }).execute()
        await tx.publish(reviews.events.written, { reviewId: id })
      })
      return { message: $1 }
    },`,
  )
  const holon = playground.start(['dev', '--split'], { PORT: String(await freePort()) })
  await holon.until(/app is ready in/)
  expect(await playground.run(['call', 'reviews.write', '{"id":"r1"}'])).toMatchObject({ code: 0 })
  await holon.until(/review-mail.*reviews\.written/)
})

/** The text of a test for Node's own runner, as a whole: what tests of one service have in common stands only here. */

export interface TestText {
  /** What is tested, as a sentence. */
  readonly title: string
  /** The service to run; undefined: all of the app. */
  readonly only: string | undefined
  /** What happens once the app runs. */
  readonly lines: readonly string[]
}

/** A test that starts services of the app, and stops them whatever becomes of it. */
export function testText({ title, only, lines }: TestText): string {
  const started = only === undefined ? 'config' : `config, { only: ['${only}'] }`
  return `test('${title}', async (t) => {
  const app = await startTestApp(${started})
  t.after(() => app.close())
${lines.map((line) => `  ${line.replaceAll('\n', '\n  ')}\n`).join('')}})
`
}

/** That it runs, with all that is checked at the start, and that nothing has failed meanwhile. */
export function startTest(service: string): TestText {
  return {
    title: `${service} starts`,
    only: service,
    lines: ["assert.ok(!app.observations.some(({ kind }) => kind === 'fault'))"],
  }
}

/** That a row comes back from the service's own store, as the migrations made it. */
export function storeTest(
  service: string,
  { store, table }: { readonly store: string; readonly table: string },
): TestText {
  return {
    title: `${service} keeps what is stored`,
    only: service,
    lines: [
      `const store = await app.openStore('${service}', ${store})`,
      `await store.insertInto('${table}').values({ id: '${table}-1' }).execute()`,
      `assert.deepEqual(await store.selectFrom('${table}').selectAll().execute(), [{ id: '${table}-1' }])`,
    ],
  }
}

export interface Heard {
  /** The event as the code names it: `orders.events.placed`. */
  readonly event: string
  readonly id: string
  /** As code. */
  readonly data: string
}

/** That an event reaches the handler, once, and does what the first handler does: it writes a line. */
export function subscriptionTest(service: string, { event, id, data }: Heard): TestText {
  return {
    title: `${service} hears of ${id}`,
    only: service,
    lines: [
      `await app.publish(${event}, ${data})`,
      'await app.settled()',
      `const lines = app.observations.filter((each) => each.kind === 'log' && each.message === '${id}')`,
      'assert.equal(lines.length, 1)',
    ],
  }
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { createPlayground, type Playground, readStatus } from '../support/holon-process.ts'

let playground: Playground

beforeEach(() => {
  playground = createPlayground('trio')
})

afterEach(async () => {
  await playground[Symbol.asyncDispose]()
})

const strange = `const { proxy, revoke } = Proxy.revocable({}, {})
revoke()
const nameless = Object.defineProperty(new Error('m'), 'name', { value: undefined })
const strange = { proxy, bare: Object.create(null), nameless, many: new AggregateError([new Error('inner')]), undefined }`

/** An app of two services: one throws what it is asked for, the other calls it. */
function writeApp(hooks: string): void {
  const write = (file: string, text: string): void => writeFileSync(join(playground.folder, file), text)
  write(
    'holon.config.ts',
    `import { defineApp, expose } from 'holon'
import { caller } from './contracts.ts'
export default defineApp({
  name: 'strange',
  services: { thrower: () => import('./thrower.ts'), caller: () => import('./caller.ts') },
  gateway: { expose: [expose(caller, ['ask', 'crash'])] },
})`,
  )
  write(
    'contracts.ts',
    `import { command, defineContract, query } from 'holon'
import { z } from 'zod'
const input = z.object({ what: z.string() })
export const thrower = defineContract('thrower', { operations: { raise: query({ input, output: z.string() }), crash: command({}) } })
export const caller = defineContract('caller', {
  operations: {
    ask: query({ http: 'GET /ask/{what}', auth: 'none', input, output: z.string() }),
    crash: command({ http: 'POST /crash', auth: 'none' }),
  },
})`,
  )
  write(
    'thrower.ts',
    `import { defineService } from 'holon'
import { thrower } from './contracts.ts'
${strange}
export default defineService(thrower, {
  operations: {
    raise: ({ what }) => { throw strange[what] },
    crash: () => void setImmediate(() => { throw new Error('the last words') }),
  },
  ${hooks}
})`,
  )
  write(
    'caller.ts',
    `import { defineService } from 'holon'
import { caller, thrower } from './contracts.ts'
export default defineService(caller, {
  uses: { thrower },
  operations: { ask: (input, ctx) => ctx.thrower.raise(input), crash: (_input, ctx) => ctx.thrower.crash() },
})`,
  )
}

function linesOf(output: string): readonly Readonly<Record<string, unknown>>[] {
  return output
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Readonly<Record<string, unknown>>] : []))
}

describe.each([
  ['in one process', []],
  ['split', ['--split']],
])('strange values, %s', (_placement, options) => {
  test('that operations throw end no process, and each is logged', async () => {
    writeApp('')
    const holon = playground.start(['start', '--json', ...options])
    await holon.until(/"event":"ready"/)
    const { gatewayUrl, groups } = await readStatus(playground)
    for (const what of ['proxy', 'bare', 'nameless', 'many', 'undefined']) {
      const answer = await fetch(`${gatewayUrl}/ask/${what}`)
      expect({ what, status: answer.status }).toEqual({ what, status: 500 })
      expect(await answer.json()).toMatchObject({ type: expect.stringContaining('internal') as unknown })
    }
    // Lines travel through the supervisor, and may come after the answer.
    const failed = (): readonly unknown[] =>
      linesOf(holon.output()).filter(({ msg }) => String(msg).startsWith('thrower.raise failed'))
    await expect.poll(failed).toHaveLength(5)
    expect(failed()).toMatchObject([
      { error: { type: 'object', message: '[unreadable]' } },
      { error: { type: 'object', message: '{}' } },
      { error: { type: 'Error', message: 'm' } },
      { error: { type: 'AggregateError', errors: [{ message: 'inner' }] } },
      { level: 'error' },
    ])
    const pids = (from: typeof groups): unknown => from.map(({ instances }) => instances.map(({ pid }) => pid))
    expect(pids((await readStatus(playground)).groups)).toEqual(pids(groups))
  })

  test('that a start hook throws end the start, and the service is named', async () => {
    writeApp('start: () => { throw strange.proxy },')
    const { code, stdout, stderr } = await playground.run(['start', ...options])
    expect(code).toBe(1)
    expect(stdout + stderr).toContain("Service 'thrower' could not start: [unreadable]")
  })

  test('that a stop hook throws are logged, and the stop goes on', async () => {
    writeApp('stop: () => { throw strange.proxy },')
    const holon = playground.start(['start', '--json', ...options])
    await holon.until(/"event":"ready"/)
    holon.signal('SIGTERM')
    // It did not end as it should.
    expect(await holon.ended()).toBe(1)
    expect(linesOf(holon.output())).toContainEqual(expect.objectContaining({ level: 'error', msg: 'thrower failed' }))
  })

  test('the stack of a crash is one line at level error', async () => {
    writeApp('')
    const holon = playground.start(['start', '--json', ...options])
    await holon.until(/"event":"ready"/)
    const { gatewayUrl } = await readStatus(playground)
    await fetch(`${gatewayUrl}/crash`, { method: 'POST' }).catch(() => undefined)
    await holon.until(/the last words/)
    const words = linesOf(holon.output()).filter(({ msg }) => /the last words|^ +at /.test(String(msg)))
    expect(words).toEqual([
      expect.objectContaining({
        level: 'error',
        msg: expect.stringMatching(/Error: the last words\n +at /) as unknown,
      }),
    ])
  })
})

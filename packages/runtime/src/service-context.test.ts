import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { defineService } from '@holon/app'
import { command, defineContract, event, query } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import type { SqlStore } from '@holon/data'
import { sqlite } from '@holon/data/sqlite'
import { startTestApp } from '@holon/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

const Named = z.object({ id: z.string() })
const other = defineContract('other', { operations: { whoAmI: query({ output: z.string() }) } })
const main = defineContract('main', {
  operations: { run: command({ input: Named }), tidy: command({ input: Named }) },
  events: { ran: event({ key: 'id', data: Named }) },
})

/** Members by the place whose context has them; the compiler holds the lists complete, see `complete`. */
const scope = ['other', 'store', 'publish', 'handled', 'follow', 'config', 'log', 'platform', 'stopping'] as const
const call = [...scope, 'operation', 'caller', 'identity', 'idempotencyKey', 'trace', 'signal', 'remainingMs'] as const
const members = {
  operation: call,
  subscription: [...call, 'tx', 'event'],
  schedule: [...call, 'tx', 'dueAt'],
  start: scope,
  stop: scope,
} as const

type Place = keyof typeof members
/** Does not compile where the list of a place lacks a member of its context, or has one more. */
function complete<P extends Place, C extends { readonly [K in (typeof members)[P][number]]: unknown }>(
  place: P,
  context: [Exclude<keyof C, (typeof members)[P][number]>] extends [never] ? C : never,
): { readonly place: P; readonly context: C } {
  return { place, context }
}

const seen = new Map<Place, object>()
const joins: boolean[] = []
const see = (place: Place, context: object): void => void seen.set(place, { ...context })
const otherService = defineService(other, {
  operations: { whoAmI: (_input, ctx) => ctx.identity?.subject ?? 'nobody' },
})
const mainService = defineService(main, {
  uses: { other },
  store: sqlite<{ rows: { id: string } }>(),
  start: (context) => {
    const { place } = complete('start', context)
    see(place, context)
  },
  stop: (context) => see(complete('stop', context).place, context),
  operations: {
    run: async (_input, ctx) => {
      const { place, context } = complete('operation', ctx)
      see(place, context)
      const { publish, remainingMs, log, store, other: client } = { ...ctx }
      const { whoAmI } = client
      const { info } = log
      const { transaction } = store
      info(`${await whoAmI()} has ${remainingMs() > 0 ? 'time' : 'none'}`)
      await transaction(async ({ publish: publishIn }) => publishIn(main.events.ran, { id: 'in a transaction' }))
      await publish(main.events.ran, { id: 'at once' })
    },
    // Uses members only: it gets a context of the quicker kind.
    tidy: async ({ id }, ctx) => {
      const { publish } = ctx
      await publish(main.events.ran, { id: `${id} ${typeof ctx.trace.traceId}` })
    },
  },
  subscriptions: (on) => [
    on(main.events.ran, async (_ran, ctx) => {
      see(complete('subscription', ctx).place, ctx)
      const { store, tx } = { ...ctx }
      await store.transaction(async (joined) => void joins.push(joined === tx))
    }),
  ],
  schedules: ({ every }) => [every('1s', (ctx) => see(complete('schedule', ctx).place, ctx))],
})
type MainStore = SqlStore<{ rows: { id: string } }>

describe.each([
  ['one process', { main: '*' }],
  ['two', { main: ['main'], rest: '*' }],
] as const)('a context, in %s', (_name, placement) => {
  it('can be spread, destructured and taken apart, with every member that its type names, and each works alone', async () => {
    seen.clear()
    const app = await startTestApp([mainService, otherService], { bus: 'own', placement })
    const ann = { subject: 'ann', issuer: 'https://id', claims: {} }
    const client = app.client(main, ann)
    await client.run({ id: 'x' }, { idempotencyKey: 'k' })
    await client.tidy({ id: 'y' })
    await app.clock.forward(1_000)
    await app.settled()
    await app.close()
    expect(joins).not.toContain(false)
    for (const place of Object.keys(members) as Place[])
      expect({ place, keys: Object.keys(seen.get(place) ?? {}).toSorted() }).toEqual({
        place,
        keys: [...members[place]].toSorted(),
      })
    expect(seen.get('operation')).toMatchObject({
      operation: 'main.run',
      caller: 'test',
      identity: ann,
      idempotencyKey: 'k',
      trace: { traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown },
      signal: expect.any(AbortSignal) as unknown,
    })
    expect(app.observations).toContainEqual(expect.objectContaining({ kind: 'log', message: 'ann has time' }))
  })
})

it('a store that is spread keeps its queries', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holon-context-'))
  const store: MainStore = await sqlite<{ rows: { id: string } }>().open({
    service: 's',
    connection: join(folder, 's.db'),
    platform: systemPlatform(),
    onError: () => undefined,
  })
  expect({ ...store }).toHaveProperty('selectFrom')
  await store.close()
  rmSync(folder, { recursive: true })
})

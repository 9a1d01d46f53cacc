import { isDeepStrictEqual } from 'node:util'

import { isServiceError, messageOf } from '@holon/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { foreignValue, made, type Recipe, strangest } from '../support/foreign-values.ts'
import {
  depot,
  type ScheduleScript,
  startHooked,
  startThrowing,
  thrower,
  type ThrowingApp,
  throwingApp,
} from '../support/throwing-app.ts'

const strange = Object.keys(strangest).map((name): Recipe => ({ strange: name }))
/** `FC_RUNS=2000 FC_SEED=7 npx vitest run …` looks further, or again. */
const drawn = fc.sample(foreignValue(), {
  numRuns: Number(process.env['FC_RUNS'] ?? 60),
  ...(process.env['FC_SEED'] !== undefined && { seed: Number(process.env['FC_SEED']) }),
})
const recipes = new Map([...strange, ...drawn].map((recipe, index) => [String(index), recipe]))
const told = (id: string): string => fc.stringify(recipes.get(id))
const makers = new Map(Array.from(recipes, ([id, recipe]) => [id, () => made(recipe)]))

/** What came of giving each as an answer or item, in the first placement. */
const outcomes = new Map<string, unknown>()

describe.each(['one', 'split'] as const)('whatever a handler throws, placed %s', (placement) => {
  const schedule: ScheduleScript = { next: undefined }
  let app: ThrowingApp

  beforeAll(async () => {
    app = await startThrowing(throwingApp(makers, schedule), placement)
  })
  afterAll(async () => {
    await app[Symbol.asyncDispose]()
  })

  const outcome = async (answer: Promise<unknown>): Promise<unknown> =>
    answer.then(
      (value) => ({ value }),
      (error: unknown) => (isServiceError(error) ? error.code : { foreign: typeof error }),
    )
  const readAll = async (items: AsyncIterable<unknown>): Promise<unknown> => {
    const read: unknown[] = []
    for await (const item of items) read.push(item)
    return read
  }
  it.each(['answer', 'later'] as const)('the caller of %s is told `internal`, and the log has a line', async (name) => {
    for (const id of makers.keys()) {
      const before = app.lines.length
      const answer = await outcome(app.caller.call(thrower.operations[name], { id }))
      expect({ thrown: told(id), answer }).toMatchObject({ answer: 'internal' })
      await expect.poll(() => app.lines.slice(before).some(isErrorOf(`thrower.${name}`))).toBe(true)
    }
  })

  it('the reader of a stream is told `internal` after the items before, and the log has a line', async () => {
    for (const id of makers.keys()) {
      const before = app.lines.length
      const items = app.caller.stream(thrower.operations.item, { id })[Symbol.asyncIterator]()
      expect(await items.next()).toEqual({ done: false, value: 'first' })
      const answer = await outcome(readAll({ [Symbol.asyncIterator]: () => items }))
      expect({ thrown: told(id), answer }).toMatchObject({ answer: 'internal' })
      await expect.poll(() => app.lines.slice(before).some(isErrorOf('thrower.item'))).toBe(true)
    }
  })

  it('what is given as an answer or item, or sent as one, is taken or refused, and the process lives', async () => {
    for (const [id, make] of makers) {
      const answers = [
        outcome(app.caller.call(thrower.operations.give, { id })),
        outcome(readAll(app.caller.stream(thrower.operations.giveItem, { id }))),
        outcome(app.caller.call(thrower.operations.take, { id }, undefined, [make()])),
      ]
      const seen = await Promise.all(answers)
      for (const answer of seen) expect(answer).not.toHaveProperty('foreign')
      outcomes.set(id, outcomes.get(id) ?? seen)
      // Not compared by `expect`, which would print the huge ones.
      expect({ given: told(id), same: isDeepStrictEqual(seen, outcomes.get(id)) }).toMatchObject({ same: true })
    }
    expect(await app.caller.call(thrower.operations.alive, undefined)).toBe('yes')
  })

  it('an event becomes a dead letter after its tries, with a store and without', async () => {
    const keys = [...makers.keys()].toSorted()
    for (const id of keys) await app.caller.call(depot.operations.send, { id })
    for (const service of ['keeper', 'bare'] as const) {
      await expect
        .poll(async () => [...new Set((await app.letters(service)).map(({ key }) => key))].toSorted(), {
          timeout: 60_000,
        })
        .toEqual(keys)
      for (const { error } of await app.letters(service)) expect(typeof error.message).toBe('string')
    }
    const dead = app.lines.filter(({ msg }) => /became a dead letter/.test(String(msg)))
    expect(dead).toHaveLength(2 * keys.length)
  })

  it('a schedule is run again, and the log says what it threw', async () => {
    for (const name of ['a revoked proxy', 'an object without a prototype']) {
      const before = app.lines.length
      schedule.next = strangest[name]
      await expect
        .poll(() =>
          app.lines.slice(before).some(({ level, msg }) => level === 'error' && /schedule .* failed/.test(String(msg))),
        )
        .toBe(true)
    }
  })
})

describe('whatever a hook throws', () => {
  it.each(Object.entries(strangest))('the start is refused by the name of the service: %s', async (_name, make) => {
    const outcome = await startHooked({ start: make }).then(
      () => 'started',
      (error: unknown) => messageOf(error),
    )
    expect(outcome).toMatch(/^Service 'hooked' could not start: /)
  })

  it.each(Object.entries(strangest))('the stop goes on, and the log says what it was: %s', async (_name, make) => {
    const { app, lines } = await startHooked({ stop: make })
    await app.close()
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'error', msg: 'hooked failed', error: expect.any(Object) as unknown }),
    )
    expect(lines.at(-1)).toMatchObject({ msg: 'instance stopped' })
  })
})

function isErrorOf(operation: string): (line: Readonly<Record<string, unknown>>) => boolean {
  return (line) => line['operation'] === operation && line['level'] === 'error' && typeof line['error'] === 'object'
}

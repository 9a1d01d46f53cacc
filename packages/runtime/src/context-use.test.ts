import { expect, test } from 'vitest'

import { usesMembersOnly } from './context-use.ts'

/** A handler as its source says, whatever the test's own compiler would make of it. */
function handlers(sources: readonly string[]): readonly ((...args: never[]) => unknown)[] {
  // oxlint-disable-next-line typescript/no-implied-eval -- the source is what is tested
  return sources.map((source) => new Function(`return (${source})`)() as () => unknown)
}

test('a handler that only reads members of its context is known as such', () => {
  const sources = [
    '() => 1',
    'input => input',
    '({ id }) => id',
    'async (input, ctx) => ctx.store',
    '({ id, name: n, ...rest }, ctx) => ctx.inventory.reserve({ id, n, rest })',
    'async function* (input, ctx, items) { yield* ctx . log; for await (const item of items) yield ctx?.signal }',
    '{ async items(input, context) { return [...context.list, context\n  .caller] } }.items',
    'function (input, ctx) { return () => ctx.identity }',
    '(input, ctx) => `${ctx.caller}`',
  ]
  expect(
    handlers(sources)
      .filter((handler) => !usesMembersOnly(handler))
      .map(String),
  ).toEqual([])
})

test('whatever else a handler may do with its context counts as a use of the whole', () => {
  const sources = [
    '(input, ctx) => ({ ...ctx })',
    '(input, ctx) => help(ctx)',
    '(input, ctx) => ({ ctx })',
    '(input, ctx) => ctx["store"]',
    '(input, ctx) => { const { publish } = ctx; return publish }',
    '(input, { store }) => store',
    '(input, { store, ...rest }) => rest',
    '(input, ctx = {}) => ctx.store',
    '(...args) => args[1].store',
    'function (input) { return { ...arguments[1] } }',
    '(input, ctx) => eval("({ ...c" + "tx })")',
    '(input, ctx) => ({ ...\\u0063tx })',
    '(input, $ctx) => ({ ...$ctx })',
    "(input = ')', ctx) => ({ ...ctx })",
    '(input, ctx) => ctx/* */.store',
    '(input, ctx) => ctx.#x'.replace('#', '') + ' && ctx',
    'function (input, ctx) { return ctx.store }.bind(null)',
  ]
  expect(
    handlers(sources)
      .filter((handler) => usesMembersOnly(handler))
      .map(String),
  ).toEqual([])
  expect(usesMembersOnly(Math.max)).toBe(false)
})

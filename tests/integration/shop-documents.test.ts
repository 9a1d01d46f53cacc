import { fileURLToPath } from 'node:url'

import { Parser } from '@asyncapi/parser'
import { expect, test } from 'vitest'

import { createPlayground } from '../support/holon-process.ts'

const shop = fileURLToPath(new URL('../../examples/shop/holon.config.ts', import.meta.url))

test("the shop's AsyncAPI document is valid for the official parser, and names all its events", async () => {
  await using playground = createPlayground('trio')
  const { code, stdout, stderr } = await playground.run(['asyncapi', '--config', shop])
  expect({ code, stderr }).toMatchObject({ code: 0 })
  const { document, diagnostics } = await new Parser().parse(stdout)
  expect(diagnostics.filter((one: { readonly severity: number }) => one.severity === 0)).toEqual([])
  const graph = await playground.run(['graph', '--json', '--config', shop])
  const published = (JSON.parse(graph.stdout) as { publishes: string[] }[]).flatMap(({ publishes }) => publishes)
  expect(published).toContain('orders.paid')
  expect(
    document
      ?.channels()
      .all()
      .map((channel) => channel.address())
      .toSorted(),
  ).toEqual(published.toSorted())
})

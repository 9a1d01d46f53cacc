import { defineApp } from '@holon/app'
import { ManualPlatform } from '@holon/contract/manual-platform'
import { expect, test } from 'vitest'

import { loadModule } from './load-module.ts'
import { loadServices } from './load-services.ts'

test('a module that waits for ever at the top level is given up after a minute, by the name of its service', async () => {
  const platform = new ManualPlatform()
  const app = defineApp({ name: 'test', services: { stuck: () => new Promise(() => undefined) } })
  const loaded = loadServices({ app, environment: {}, platform }, ['stuck']).catch((error: unknown) => error)
  await platform.pass(59_000)
  expect(platform.timers).toBe(1)
  await platform.pass(2_000)
  expect(await loaded).toMatchObject({
    name: 'DefinitionError',
    problems: [expect.stringMatching(/^service 'stuck' cannot be loaded: It was not loaded within 60 s\..*top level/)],
  })
})

test('what a module throws passes as it is, also when it is a SyntaxError', async () => {
  const platform = new ManualPlatform()
  const thrown = (error: unknown): unknown => error
  const parsed = await loadModule(async () => JSON.parse('{') as unknown, platform).catch(thrown)
  expect(parsed).toBeInstanceOf(SyntaxError)
  expect(parsed).toHaveProperty('stack', expect.stringContaining('load-module.test.ts'))
  const error = new Error('no luck')
  expect(await loadModule(() => Promise.reject(error), platform).catch(thrown)).toBe(error)
  expect(platform.timers).toBe(0)
})

test('of a module that is not there it is told who imports it, without a stack of Node', async () => {
  const path = './not-there.ts'
  const error: unknown = await loadModule(() => import(path), new ManualPlatform()).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    name: 'LoadFailure',
    message: expect.stringMatching(/^Cannot find module '.*not-there\.ts' imported from .*load-module\.test\.ts$/),
  })
})

test('a module that loads is handed over, and nothing is left behind', async () => {
  const platform = new ManualPlatform()
  expect(await loadModule(() => Promise.resolve(7), platform)).toBe(7)
  expect(platform.timers).toBe(0)
})

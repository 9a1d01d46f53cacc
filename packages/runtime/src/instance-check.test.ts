import { defineApp, defineService } from '@holon/app'
import { defineContract, query } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { memoryNetwork } from '@holon/rpc'
import { expect, it } from 'vitest'

import { startInstance } from './index.ts'

const greeter = defineContract('greeter', { operations: { hello: query({}) } })
const service = defineService(greeter, { operations: { hello: () => undefined } })
const load = (): Promise<{ default: typeof service }> => Promise.resolve({ default: service })
const app = defineApp({ name: 'app', services: { greeter: load } })

it.each([
  ['nothing that is used can be reached', [], ['greeter', 'stock'], { ready: false, callable: false }],
  ['one of two services can be reached', ['greeter'], ['greeter', 'stock'], { ready: false, callable: true }],
  ['all can be reached', ['greeter'], ['greeter'], { ready: true, callable: true, problems: [] }],
  ['nothing is used', [], [], { ready: true, callable: true, problems: [] }],
])('an instance tells whether it can call at all: %s', async (_case, services, uses, expected) => {
  const instance = await startInstance({
    app,
    services,
    callers: [{ name: 'gateway', uses }],
    instance: 'one',
    platform: systemPlatform(),
    network: memoryNetwork(),
    observer: { observe: () => undefined },
    environment: {},
    provision: () => Promise.reject(new Error('There is no store here.')),
    listen: undefined,
    linkSecret: undefined,
  })
  expect(await instance.check()).toMatchObject(expected)
  await instance.stop(0)
})

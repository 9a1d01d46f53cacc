import { type AppDefinition, defineApp, defineService, type ServiceDefinition } from '@holon/app'
import { defineContract, fail, failure, query } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { type Address, memoryNetwork } from '@holon/rpc'
import { type Instance, startInstance } from '@holon/runtime'
import { afterEach, expect, it } from 'vitest'
import { z } from 'zod'

/* Names that a definition allows work everywhere, and none finds what every JavaScript object seems to have. */

const running: Instance[] = []
afterEach(async () => {
  for (const instance of running.splice(0).toReversed()) await instance.stop(1000)
})

async function caller(app: AppDefinition, placement: 'one' | 'split', prefix = 'i'): Promise<Instance> {
  const network = memoryNetwork()
  const names = Object.keys(app.services)
  const start = async (services: readonly string[], listens: boolean): Promise<Instance> => {
    const instance = await startInstance({
      app,
      services,
      instance: `${prefix}-${running.length}-abcdef`,
      platform: systemPlatform(),
      network,
      observer: { observe: () => {} },
      environment: {},
      provision: () => Promise.reject(new Error('Nothing is stored here.')),
      listen: listens ? { host: 'm', port: 0 } : undefined,
      callers: [{ name: 'test', uses: names }],
      linkSecret: 'a secret of this test',
    })
    running.push(instance)
    return instance
  }
  if (placement === 'one') return start(names, false)
  const server = await start(names, true)
  const outside = await start([], false)
  const address = server.address as Address // it listens
  outside.setPeers([{ instance: server.instance, address, services: server.services }])
  return outside
}

const appOf = (service: ServiceDefinition): AppDefinition =>
  defineApp({ name: 'names', services: { [service.contract.name]: () => Promise.resolve({ default: service }) } })

it('what is not declared is not found, also where every object seems to have it', async () => {
  const contract = defineContract('plain', { operations: { get: query({ output: z.string() }) } })
  const { operations, events } = contract
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty'])
    expect([operations[name as 'get'], events[name as never], operations.get.compiled.failures[name]]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  expect(() => fail(operations.get, 'toString' as never, undefined as never)).toThrow(/declares no failure 'toString'/)
  const app = appOf(defineService(contract, { operations: { get: () => 'x' } }))
  const starting = startInstance({
    app,
    services: ['toString'],
    instance: 'i',
    platform: systemPlatform(),
    network: memoryNetwork(),
    observer: { observe: () => {} },
    environment: {},
    provision: () => Promise.reject(new Error('Nothing is stored here.')),
    listen: undefined,
    callers: [],
    linkSecret: undefined,
  })
  await expect(starting).rejects.toThrow(/there is no service 'toString'/)
})

it('the longest names that a definition allows can be reached over a link, and longer ones are refused there', async () => {
  const longest = 'n'.repeat(40)
  const define = (service: string, operation: string, error: string) =>
    defineContract(service, {
      operations: { [operation]: query({ output: z.string(), errors: { [error]: failure('aborted') } }) },
    })
  const contract = define(longest, longest, longest)
  const operation = contract.operations[longest]
  if (operation === undefined) throw new Error('It is declared.')
  const app = appOf(defineService(contract, { operations: { [longest]: () => 'reached' } }))
  const outside = await caller(app, 'split', `${longest}-99`)
  expect(await outside.invoker('test').call(operation, undefined)).toBe('reached')

  const longer = `${longest}n`
  for (const [service, operation, error] of [
    [longer, 'a', 'a'],
    ['a', longer, 'a'],
    ['a', 'a', longer],
  ] as const)
    expect(() => define(service, operation, error)).toThrow(/41 characters; use at most 40/)
  const { services } = app
  expect(() => defineApp({ name: longer, services })).toThrow(/41 characters; use at most 40/)
  expect(() => defineApp({ name: 'app', services, placement: { [longer]: '*' } })).toThrow(
    /41 characters; use at most 40/,
  )
  await expect(caller(app, 'one', 'i'.repeat(200))).rejects.toThrow(/at most 200/)
})

it('two thousand operations of one process are reached over a link', async () => {
  const names = Array.from({ length: 2_000 }, (_, n) => `operation${n}`)
  const contract = defineContract('many', {
    operations: Object.fromEntries(names.map((name) => [name, query({ output: z.string() })])),
  })
  const handlers = Object.fromEntries(names.map((name) => [name, () => name]))
  const outside = await caller(appOf(defineService(contract, { operations: handlers })), 'split')
  const { operation1999: last } = contract.operations
  expect(last && (await outside.invoker('test').call(last, undefined))).toBe('operation1999')
})

import { defineApp, defineService } from '@holon/app'
import { type Contract, defineContract, event, query } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { type AdminOperation, adminOperation, adminOperations, memoryBus } from '@holon/events'
import { type CallerRole, memoryNetwork } from '@holon/rpc'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { type Instance, startInstance } from '../index.ts'

/*
 * The operations by which a service's events are looked after are open to operators. A service is none, whatever it
 * imports, declares and calls itself.
 */

const depot = defineContract('depot', { events: { sent: event({ key: 'id', data: z.object({ id: z.string() }) }) } })
const depotService = defineService(depot, {
  operations: {},
  subscriptions: (on) => [on(depot.events.sent, () => {}, { name: 'own' })],
})

/** The depot's contract, as somebody forges it who wants to look after its events. */
const forged: Contract = {
  ...depot,
  operations: Object.fromEntries(adminOperations.map((name) => [name, adminOperation('depot', name)])),
}
const intruder = defineContract('intruder', {
  operations: { try: query({ input: z.object({ name: z.string() }), output: z.unknown() }) },
})
const intruderService = defineService(intruder, {
  uses: { depot: forged },
  operations: {
    try: ({ name }, ctx) => {
      const client: Readonly<Record<string, (input: unknown) => Promise<unknown>>> = ctx.depot
      return client[name]?.(inputs[name])
    },
  },
})
const inputs: Readonly<Record<string, unknown>> = {
  pause: { subscription: 'depot.own' },
  resume: { subscription: 'depot.own' },
  rewind: { subscription: 'depot.own' },
  deadList: {},
  deadShow: { id: 'x' },
  deadReplay: { id: 'x' },
  deadDiscard: { id: 'x' },
  discard: { subscription: 'depot.own', messageId: 'x' },
  publish: { event: 'depot.sent', data: { id: 'x' } },
}

const instances: Instance[] = []
afterEach(async () => {
  for (const instance of instances.splice(0).toReversed()) await instance.stop(500)
})

const address = { host: 'depot', port: 1 }

/** An app in one instance or in two; of the one with the intruder, what `caller` may call. */
async function startApp(place: 'one instance' | 'two', caller: string, role?: CallerRole): Promise<Instance> {
  const [bus, network] = [memoryBus(systemPlatform()), memoryNetwork()]
  const start = async (services: readonly string[], listens: boolean): Promise<Instance> => {
    const instance = await startInstance({
      app: defineApp({
        name: 'parcels',
        services: {
          depot: () => Promise.resolve({ default: depotService }),
          intruder: () => Promise.resolve({ default: intruderService }),
        },
        bus: { kind: 'memory', open: () => Promise.resolve(bus.connect()) },
      }),
      ...{ services, network, platform: systemPlatform(), environment: {}, linkSecret: 'known to both' },
      instance: services.join('-'),
      observer: { observe: () => {} },
      provision: () => Promise.reject(new Error('There is no store here.')),
      listen: listens ? address : undefined,
      callers: [{ name: caller, uses: ['depot', 'intruder'], ...(role && { role }) }],
    })
    instances.push(instance)
    return instance
  }
  if (place === 'one instance') return start(['depot', 'intruder'], false)
  const first = await start(['depot'], true)
  const second = await start(['intruder'], false)
  second.setPeers([{ instance: first.instance, address, services: first.services }])
  return second
}

describe.each(['one instance', 'two'] as const)('in %s', (place) => {
  const refused = { code: 'permission_denied', message: expect.stringMatching(/operator.*intruder/) as string }

  it('a service that has forged its way to the operations of operators is refused each of them', async () => {
    const instance = await startApp(place, 'test')
    const attempts = adminOperations.map((name) =>
      instance
        .invoker('test')
        .call(intruder.operations.try, { name })
        .catch((error: unknown) => error),
    )
    expect(await Promise.all(attempts)).toMatchObject(adminOperations.map(() => refused))
  })

  it('nobody is an operator for being called cli', async () => {
    const calls = (await startApp(place, 'cli')).invoker('cli')
    await expect(calls.call(adminOperation('depot', 'report'), undefined)).rejects.toMatchObject({
      code: 'permission_denied',
    })
  })

  it('an operator is answered, whatever it is called', async () => {
    const calls = (await startApp(place, 'night-shift', 'operator')).invoker('night-shift')
    const ask = (name: AdminOperation): Promise<unknown> => calls.call(adminOperation('depot', name), inputs[name])
    await ask('pause')
    expect(await ask('report')).toMatchObject({ subscriptions: [{ name: 'depot.own', paused: true }] })
  })
})

import { Buffer } from 'node:buffer'

import { defineContract, query, stream } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { Endpoint } from '../endpoint.ts'
import { decodeAuthenticate } from '../link/handshake.ts'
import { memoryNetwork } from '../network/memory-network.ts'
import type { CallerRole } from './caller-role.ts'
import type { Invoker } from './invoker.ts'

const till = defineContract('till', {
  operations: {
    count: query({ output: z.int() }),
    each: stream({ serverStream: z.int() }),
    total: query({ output: z.int() }),
  },
})
const { count, each, total } = till.operations
const address = { host: 'till', port: 1 }

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

/** An instance whose operations, all but `total`, are open to operators; calls of `caller` to it, from `place`. */
async function callsFrom(place: 'here' | 'elsewhere', name: string, role: CallerRole | undefined): Promise<Invoker> {
  const callers = [{ name, uses: ['till'], ...(role && { role }) }]
  const parts = { platform: systemPlatform(), observer: { observe: () => {} }, network: memoryNetwork(), secret: 's' }
  const open = (instance: string): Endpoint => {
    const endpoint = new Endpoint({ ...parts, instance, callers })
    closers.push(async () => {
      endpoint.goAway()
      await endpoint.cutOff()
      endpoint.close()
    })
    return endpoint
  }
  const called = open('called')
  called.bind({ operation: count, openTo: 'operator', handle: () => 1 })
  called.bind({ operation: each, openTo: 'operator', handle: () => [1] })
  called.bind({ operation: total, handle: () => 2 })
  if (place === 'here') return called.invoker(name)
  await called.listen(address)
  const calling = open('calling')
  calling.setPeers([{ instance: 'called', address, services: [{ name: 'till', fingerprint: '', uses: [] }] }])
  return calling.invoker(name)
}

/** What came of each operation: its answer, or the code and message of its error. */
function outcomes(invoker: Invoker): Promise<readonly unknown[]> {
  const told = (error: { code: string; message: string }): string => `${error.code}: ${error.message}`
  const items = async (): Promise<unknown> => {
    const found: unknown[] = []
    for await (const item of invoker.stream(each, undefined)) found.push(item)
    return found
  }
  return Promise.all(
    [invoker.call(total, undefined), invoker.call(count, undefined), items()].map((each) => each.catch(told)),
  )
}

describe.each(['here', 'elsewhere'] as const)('an operation that is open to operators, %s', (place) => {
  it('answers them', async () => {
    expect(await outcomes(await callsFrom(place, 'desk', 'operator'))).toEqual([2, 1, [1]])
  })

  it.each([undefined, 'service', 'gateway'] as const)(
    'answers nobody of the role %s, whatever the name',
    async (role) => {
      const refused = (id: string): string =>
        `permission_denied: ${id} is open to callers of the role 'operator' only; cli has the role '${role ?? 'service'}'.`
      expect(await outcomes(await callsFrom(place, 'cli', role))).toEqual([
        2,
        refused('till.count'),
        refused('till.each'),
      ])
    },
  )
})

it.each([undefined, null, '', 'root', 'Operator', 'constructor', 2, ['operator'], { role: 'operator' }])(
  'a peer that tells the role %j of a caller has told none',
  (role) => {
    const told = Buffer.from(JSON.stringify({ proof: '', callers: [{ name: 'cli', uses: ['till'], role }] }))
    expect(decodeAuthenticate(told).callers).toEqual([{ name: 'cli', uses: ['till'] }])
  },
)
